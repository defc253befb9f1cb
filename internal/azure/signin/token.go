package signin

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// claims are the claims of a JWT. They are read without a check of the signature, and one by one, so that an odd one
// hides no other.
type claims map[string]json.RawMessage

// readClaims returns nil for a token that is no JWT. That is not an error: access tokens are formally opaque to
// clients.
func readClaims(token string) claims {
	_, rest, _ := strings.Cut(token, ".")
	middle, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(middle, "="))
	var read claims
	if err != nil || json.Unmarshal(payload, &read) != nil {
		return nil
	}
	return read
}

func (c claims) text(name string) string {
	var text string
	_ = json.Unmarshal(c[name], &text)
	return text
}

// texts reads a claim that is a string or a list of them, such as "aud".
func (c claims) texts(name string) []string {
	if one := c.text(name); one != "" {
		return []string{one}
	}
	var several []string
	_ = json.Unmarshal(c[name], &several)
	return several
}

// TokenTenant returns the tenant of an access token in lower case, or "" if the token does not say.
func TokenTenant(token string) string { return strings.ToLower(readClaims(token).text("tid")) }

// Presented is what an identity token claimed; empty if it can't be read.
type Presented struct {
	Issuer, Subject string
	Audience        []string
}

func readPresented(token string) *Presented {
	read := readClaims(token)
	return &Presented{read.text("iss"), read.text("sub"), read.texts("aud")}
}

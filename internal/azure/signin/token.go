package signin

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// claims are what a JWT says. They are read without a check of the signature, and one by one, so that nothing odd in a token hides
// the rest of it.
type claims map[string]json.RawMessage

// readClaims returns nil for what is no JWT. Access tokens are formally opaque to a client, so that is not an error.
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

// texts reads a claim that is one text or several, as "aud" may be.
func (c claims) texts(name string) []string {
	if one := c.text(name); one != "" {
		return []string{one}
	}
	var several []string
	_ = json.Unmarshal(c[name], &several)
	return several
}

// TokenTenant returns the tenant that issued an access token, in lower case, and "" where the token does not say.
func TokenTenant(token string) string { return strings.ToLower(readClaims(token).text("tid")) }

// Presented is what an identity token claimed. All are "" for one that can't be read.
type Presented struct {
	Issuer, Subject string
	Audience        []string
}

func readPresented(token string) *Presented {
	read := readClaims(token)
	return &Presented{read.text("iss"), read.text("sub"), read.texts("aud")}
}

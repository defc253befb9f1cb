package azuresim

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// selfIssued signs an assertion as MSAL does, or as azurerm does: with RS256, and with SHA-1 for the thumbprint.
func selfIssued(t *testing.T, by testcert.Certificate, as jwt.SigningMethod, until *jwt.NumericDate) string {
	t.Helper()
	token := jwt.NewWithClaims(as, jwt.RegisteredClaims{Issuer: "app", Subject: "app", ExpiresAt: until})
	if long, short := sha256.Sum256(by.Raw), sha1.Sum(by.Raw); as == jwt.SigningMethodPS256 {
		token.Header["x5t#S256"] = base64.StdEncoding.EncodeToString(long[:])
	} else {
		token.Header["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
	}
	signed, err := token.SignedString(by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestCertificates(t *testing.T) {
	c := newClient(t)
	mine, theirs := testcert.New(t), testcert.New(t)
	certificates, _ := json.Marshal([]string{"no PEM", testcert.New(t).PEM(), mine.PEM()})
	inAnHour := jwt.NewNumericDate(time.Now().Add(time.Hour))
	c.variables["registered"] = string(certificates)
	for name, assertion := range map[string]string{
		"as-msal":        selfIssued(t, mine, jwt.SigningMethodPS256, inAnHour),
		"forever":        selfIssued(t, mine, jwt.SigningMethodPS256, nil),
		"as-azurerm":     selfIssued(t, mine, jwt.SigningMethodRS256, inAnHour),
		"not-registered": selfIssued(t, theirs, jwt.SigningMethodPS256, inAnHour),
	} {
		c.variables[name] = fmt.Sprintf("client_id=app&scope=%s/.default&client_assertion_type="+
			"urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=%s", Audience, assertion)
	}
	c.play(`PUT /simulator/tenants/{tenant}/principals {"clientId":"app","certificates":{registered}}
204
POST /{tenant}/oauth2/v2.0/token {as-msal}
200 "access_token"
POST /{tenant}/oauth2/v2.0/token {as-azurerm}
200 "access_token"
POST /{tenant}/oauth2/v2.0/token {as-msal}AAAA
401 AADSTS50013
POST /{tenant}/oauth2/v2.0/token {not-registered}
401 AADSTS700027
POST /{tenant}/oauth2/v2.0/token {forever}
401 AADSTS700024: & assertion valid from 1970-01-01T00:00:00.0000000Z, expiry time of assertion 1970-01-01T`)
}

// A token names its one audience as a text, which is all that azurerm's SDK reads.
func TestAudiences(t *testing.T) {
	c := newClient(t)
	c.sim.AddGitHubJob(GitHubJob{RequestToken: c.variables["bearer"], Subject: "repo:contoso/logs"})
	identity := IdentityToken{Issuer: IssuerGitHub, Subject: "s"}
	ofJob := func(audience string) string {
		c.ask("GET", c.sim.GitHubRequestURL()+audience, "")
		c.send()
		return c.variables["value"]
	}
	for token, want := range map[string]string{
		c.variables["bearer"]: Audience, c.sim.IssueIdentityToken(identity): "api://AzureADTokenExchange",
		ofJob(""): "https://github.com/contoso", ofJob("&audience=a"): "a",
	} {
		claims := jwt.MapClaims{}
		_, _, err := jwt.NewParser().ParseUnverified(token, claims)
		if err != nil || claims["aud"] != want {
			t.Errorf("%v: aud is %v, want %s", err, claims["aud"], want)
		}
	}
}

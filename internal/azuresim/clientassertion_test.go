package azuresim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const exchangeAudience = "api://AzureADTokenExchange"

func trust(issuer, subject, audience string) FederatedCredential {
	return FederatedCredential{Issuer: issuer, Subject: subject, Audience: audience}
}

// signer is a certificate and its key, as an application has them.
type signer struct {
	key         *rsa.PrivateKey
	certificate []byte
}

func newSigner(t *testing.T, expires time.Time) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: expires,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, der}
}

func (s signer) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate}))
}

// sign makes an assertion as MSAL does.
func (s signer) sign(t *testing.T, method jwt.SigningMethod, claims jwt.RegisteredClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	long, short := sha256.Sum256(s.certificate), sha1.Sum(s.certificate)
	token.Header["x5t#S256"] = base64.StdEncoding.EncodeToString(long[:])
	if method == jwt.SigningMethodRS256 {
		delete(token.Header, "x5t#S256")
		token.Header["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
	}
	signed, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// present signs in with an assertion.
func (w *world) present(client, assertion string) (int, map[string]any) {
	w.t.Helper()
	return w.requestToken(tenantID, url.Values{
		"client_id": {client}, "scope": {Audience + "/.default"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

// expectRefusal says whether a sign-in was refused with an error that names a code and some words.
func expectRefusal(t *testing.T, name string, status int, answer map[string]any, code string, words ...string) {
	t.Helper()
	description, _ := answer["error_description"].(string)
	if status != http.StatusUnauthorized || answer["error"] != "invalid_client" ||
		!strings.HasPrefix(description, code+": ") {
		t.Errorf("%s: %d %v, want %s", name, status, answer, code)
	}
	for _, word := range words {
		if !strings.Contains(description, word) {
			t.Errorf("%s: %q does not say %q", name, description, word)
		}
	}
}

func TestCertificates(t *testing.T) {
	w := newWorld(t)
	later := time.Now().Add(time.Hour)
	mine, theirs, old := newSigner(t, later), newSigner(t, later), newSigner(t, time.Now().Add(-time.Minute))
	forger := signer{theirs.key, mine.certificate}
	w.tenant.AddPrincipal(Principal{
		ClientID: "cert-app", ObjectID: "o", Role: Contributor, Certificates: []string{"no PEM", old.pem(), mine.pem()},
	})
	endpoint := w.sim.URL + "/" + tenantID + "/oauth2/v2.0/token"
	claims := func(change func(*jwt.RegisteredClaims)) jwt.RegisteredClaims {
		made := jwt.RegisteredClaims{
			Issuer: "cert-app", Subject: "cert-app", Audience: jwt.ClaimStrings{endpoint},
			NotBefore: jwt.NewNumericDate(time.Now()), ExpiresAt: jwt.NewNumericDate(time.Now().Add(10 * time.Minute)),
		}
		change(&made)
		return made
	}
	as := func(*jwt.RegisteredClaims) {}
	until := func(ago time.Duration) func(*jwt.RegisteredClaims) {
		return func(c *jwt.RegisteredClaims) {
			c.NotBefore, c.ExpiresAt = nil, jwt.NewNumericDate(time.Now().Add(-ago))
		}
	}
	for name, test := range map[string]struct {
		by     signer
		method jwt.SigningMethod
		change func(*jwt.RegisteredClaims)
		code   string // "" is accepted
		words  string
	}{
		"PS256": {mine, jwt.SigningMethodPS256, as, "", ""},
		"RS256": {mine, jwt.SigningMethodRS256, as, "", ""},
		"the other endpoint": {
			mine, jwt.SigningMethodPS256,
			func(c *jwt.RegisteredClaims) { c.Audience[0] = strings.Replace(endpoint, "/v2.0", "", 1) }, "", "",
		},
		"another certificate": {theirs, jwt.SigningMethodPS256, as, "AADSTS700027", "not registered on application"},
		"another key":         {forger, jwt.SigningMethodPS256, as, "AADSTS700027", "did not match the expected signature"},
		"another algorithm":   {mine, jwt.SigningMethodRS512, as, "AADSTS700027", "did not match the expected signature"},
		"an old certificate":  {old, jwt.SigningMethodPS256, as, "AADSTS700027", "The key used is expired."},
		"another audience": {
			mine, jwt.SigningMethodPS256,
			func(c *jwt.RegisteredClaims) { c.Audience[0] = w.sim.URL + "/other/oauth2/v2.0/token" }, "AADSTS700023", "audience",
		},
		"another client": {
			mine, jwt.SigningMethodPS256, func(c *jwt.RegisteredClaims) { c.Issuer, c.Subject = "app", "app" }, "AADSTS700021",
			"client_id",
		},
		"expired": {
			mine, jwt.SigningMethodPS256, until(time.Minute), "AADSTS700024", "valid from 1970-01-01T00:00:00.0000000Z",
		},
		"not yet good": {
			mine, jwt.SigningMethodPS256,
			func(c *jwt.RegisteredClaims) { c.NotBefore = jwt.NewNumericDate(time.Now().Add(time.Minute)) }, "AADSTS700024",
			"Current time: ",
		},
		"without an end": {
			mine, jwt.SigningMethodPS256, func(c *jwt.RegisteredClaims) { c.ExpiresAt = nil }, "AADSTS700024",
			"expiry time of assertion 1970",
		},
		"one about nobody yet": {
			mine, jwt.SigningMethodPS256, func(c *jwt.RegisteredClaims) { c.Subject = "other" }, "AADSTS70025", "'cert-app'",
		},
	} {
		status, answer := w.present("cert-app", test.by.sign(t, test.method, claims(test.change)))
		if test.code != "" {
			expectRefusal(t, name, status, answer, test.code, test.words)
		} else if status != http.StatusOK || answer["access_token"] == nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	status, answer := w.present("cert-app", "garbage")
	expectRefusal(t, "garbage", status, answer, "AADSTS50027")
	status, answer = w.signIn(tenantID, "cert-app", "")
	expectRefusal(t, "no credential at all", status, answer, "AADSTS7000218", "'client_assertion' or 'client_secret'")
	status, answer = w.signIn(tenantID, "cert-app", "guess")
	expectRefusal(t, "a secret of an app without one", status, answer, "AADSTS7000215")
}

func TestFederatedCredentials(t *testing.T) {
	w := newWorld(t)
	const subject = "repo:contoso/logs:ref:refs/heads/main"
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{
		trust(w.sim.IssuerURL(IssuerGitHub), subject, exchangeAudience),
		trust(w.sim.IssuerURL(IssuerKubernetes), "system:serviceaccount:logs:terraform", "other"),
		trust("https://issuer.invalid", subject, exchangeAudience),
	}})
	for name, test := range map[string]struct {
		client string
		token  IdentityToken
		code   string
		words  string
	}{
		"a good one": {"fic-app", IdentityToken{Issuer: IssuerGitHub, Subject: subject}, "", ""},
		"of its own audience": {
			"fic-app",
			IdentityToken{Issuer: IssuerKubernetes, Subject: "system:serviceaccount:logs:terraform", Audience: "other"}, "", "",
		},
		"no trust": {
			"app", IdentityToken{Issuer: IssuerGitHub, Subject: subject}, "AADSTS70025",
			"The client 'app' has no configured federated identity credentials.",
		},
		"another issuer": {
			"fic-app", IdentityToken{Issuer: IssuerHCPTerraform, Subject: subject}, "AADSTS700211",
			"issuer '" + w.sim.IssuerURL(IssuerHCPTerraform) + "'",
		},
		"another subject": {
			"fic-app", IdentityToken{Issuer: IssuerGitHub, Subject: "repo:contoso/other"}, "AADSTS700213",
			"subject 'repo:contoso/other'",
		},
		"another issuer's subject": {
			"fic-app", IdentityToken{Issuer: IssuerKubernetes, Subject: subject}, "AADSTS700213", "subject '" + subject + "'",
		},
		"another letter case": {
			"fic-app", IdentityToken{Issuer: IssuerGitHub, Subject: strings.ToUpper(subject)}, "AADSTS7002138",
			"case-insensitive",
		},
		"another audience": {
			"fic-app", IdentityToken{Issuer: IssuerGitHub, Subject: subject, Audience: "api://other"}, "AADSTS700212",
			"audience 'api://other'",
		},
		"expired": {
			"fic-app", IdentityToken{Issuer: IssuerGitHub, Subject: subject, Lifetime: -time.Minute}, "AADSTS700024",
			"expiry time of assertion",
		},
	} {
		token, err := w.sim.IssueIdentityToken(test.token)
		if err != nil {
			t.Fatal(err)
		}
		status, answer := w.present(test.client, token)
		if test.code != "" {
			expectRefusal(t, name, status, answer, test.code, test.words)
		} else if status != http.StatusOK || answer["access_token"] == nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	good, err := w.sim.IssueIdentityToken(IdentityToken{Issuer: IssuerGitHub, Subject: subject})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := w.present("fic-app", good[:strings.LastIndexByte(good, '.')+1]+"AAAA")
	expectRefusal(t, "a forged signature", status, answer, "AADSTS50013", "signature")
	forged := newSigner(t, time.Now()).sign(t, jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: "https://issuer.invalid", Subject: subject, Audience: jwt.ClaimStrings{exchangeAudience},
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	})
	status, answer = w.present("fic-app", forged)
	expectRefusal(t, "an issuer elsewhere", status, answer, "AADSTS50013", "https://issuer.invalid")
}

func TestIssuersPublishTheirKeys(t *testing.T) {
	w := newWorld(t)
	_, discovered := w.call(http.MethodGet, "/oidc/kubernetes/.well-known/openid-configuration", "")
	keys, _ := discovered["jwks_uri"].(string)
	if discovered["issuer"] != w.sim.IssuerURL(IssuerKubernetes) || !strings.HasPrefix(keys, w.sim.URL) {
		t.Fatalf("it discovers %v", discovered)
	}
	_, published := w.call(http.MethodGet, strings.TrimPrefix(keys, w.sim.URL), "")
	key := published["keys"].([]any)[0].(map[string]any)
	modulus, err := base64.RawURLEncoding.DecodeString(key["n"].(string))
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.sim.IssueIdentityToken(IdentityToken{Issuer: IssuerKubernetes, Subject: "s"})
	if err != nil {
		t.Fatal(err)
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
	read, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return public, nil },
		jwt.WithIssuer(w.sim.IssuerURL(IssuerKubernetes)))
	if err != nil || key["e"] != "AQAB" || read.Header["kid"] != key["kid"] {
		t.Errorf("the published key does not check its token: %v %v", err, key)
	}
}

// Package testcert makes the client certificates that tests sign in with.
package testcert

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Certificate is a self-signed certificate and its key.
type Certificate struct {
	*x509.Certificate
	Key crypto.Signer
}

// New makes a certificate that is valid for an hour.
func New(t testing.TB) Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	certificate, err := x509.ParseCertificate(der)
	check(t, err)
	return Certificate{certificate, key}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// PEM is the certificate alone, as it is registered with an app.
func (c Certificate) PEM() string { return encode("CERTIFICATE", c.Raw) }

// PEMWithKey is the certificate with its key.
func (c Certificate) PEMWithKey(t testing.TB) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.Key)
	check(t, err)
	return encode("PRIVATE KEY", key) + c.PEM()
}

// PFX is the certificate with its key, in base64.
func (c Certificate) PFX(t testing.TB, encoder *pkcs12.Encoder, password string) string {
	t.Helper()
	pfx, err := encoder.Encode(c.Key, c.Certificate, nil, password)
	check(t, err)
	return base64.StdEncoding.EncodeToString(pfx)
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

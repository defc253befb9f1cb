package signin

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"software.sslmate.com/src/go-pkcs12"
)

// readCertificate reads the client certificate, PFX or PEM, with its chain and private key.
func readCertificate(s Config) ([]*x509.Certificate, crypto.PrivateKey, error) {
	source, password := s.either("client_certificate", "client_certificate_path"), s["client_certificate_password"]
	attribute, read := "client_certificate", base64.StdEncoding.DecodeString
	if source != s["client_certificate"] {
		attribute, read = "client_certificate_path", os.ReadFile
	}
	content, err := read(source.Value)
	var certificates []*x509.Certificate
	var key crypto.PrivateKey
	if err == nil {
		certificates, key, err = parseCertificate(content, password.Value)
	}
	if err != nil && source.InBlock && !password.InBlock { // the password may be another certificate's
		if c, k, otherwise := parseCertificate(content, ""); otherwise == nil {
			certificates, key, err = c, k, nil
		}
	}
	if _, isRSA := key.(*rsa.PrivateKey); err == nil && !isRSA {
		err = errors.New("its key is not an RSA key, which Entra ID requires")
	}
	if err != nil {
		err = &ConfigError{Attribute: attribute, Problem: fmt.Sprintf("The client certificate from %s can't be read: %v.",
			source.Source, err)}
	}
	return certificates, key, err
}

// parseCertificate leaves PEM to azidentity and reads PFX itself, because azidentity does not support the algorithms
// that OpenSSL 3 uses by default. If FIPS 140 mode is enforced, the parsers panic on a PFX with older ones.
func parseCertificate(content []byte, password string) (certificates []*x509.Certificate, key crypto.PrivateKey,
	err error) {
	if bytes.Contains(content, []byte("-----BEGIN")) {
		return azidentity.ParseCertificates(content, nil)
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the PFX uses cryptography that this machine does not allow (%v); convert it to PEM", cause)
		}
	}()
	key, certificate, chain, err := pkcs12.DecodeChain(content, password)
	if err != nil {
		return nil, nil, err
	}
	return append([]*x509.Certificate{certificate}, chain...), key, nil
}

package azuresim

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	auxiliaryHeader = "X-Ms-Authorization-Auxiliary"
	mostAuxiliary   = 3
)

// readAuxiliary checks the tokens of other tenants that a request brings along. By Microsoft's page on requests across tenants
// there are three at most, all must be valid, and the answer to one that is not names its client and tenant. The words
// are inferred.
func (s *Simulator) readAuxiliary(r *http.Request) (tenants []string, err error) {
	header := strings.Join(r.Header.Values(auxiliaryHeader), ",")
	if header == "" {
		return nil, nil
	}
	entries := strings.Split(header, ",")
	if len(entries) > mostAuxiliary {
		return nil, fmt.Errorf("the header %s holds %d tokens and may hold %d", auxiliaryHeader, len(entries), mostAuxiliary)
	}
	for i, entry := range entries {
		signed, isBearer := strings.CutPrefix(strings.TrimSpace(entry), "Bearer ")
		token, err := s.verify(signed)
		switch {
		case !isBearer || errors.Is(err, jwt.ErrTokenMalformed):
			return tenants, fmt.Errorf("the auxiliary token %d is not a bearer token", i+1)
		case errors.Is(err, jwt.ErrTokenExpired):
			return tenants, fmt.Errorf("the auxiliary token of client '%s' and tenant '%s' has expired", token.ClientID, token.Tenant)
		case err != nil || !token.isFor(Audience):
			return tenants, fmt.Errorf("the auxiliary token of client '%s' and tenant '%s' is invalid", token.ClientID, token.Tenant)
		}
		tenants = append(tenants, token.Tenant)
	}
	return tenants, nil
}

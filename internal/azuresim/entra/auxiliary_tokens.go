package entra

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// AuxiliaryHeader is the header with tokens of other tenants.
const AuxiliaryHeader = "X-Ms-Authorization-Auxiliary"

const maxAuxiliary = 3

// AuxiliaryTenants checks the tokens of other tenants that come with a request, and returns their tenants. With an
// error it returns those of the tokens before the bad one (README, "Tokens and tenants").
func (s *Service) AuxiliaryTenants(r *http.Request, audiences ...string) (tenants []string, err error) {
	header := strings.Join(r.Header.Values(AuxiliaryHeader), ",")
	if header == "" {
		return nil, nil
	}
	entries := strings.Split(header, ",")
	if len(entries) > maxAuxiliary {
		return nil, fmt.Errorf("the header %s holds %d tokens and may hold %d", AuxiliaryHeader, len(entries), maxAuxiliary)
	}
	for i, entry := range entries {
		signed, isBearer := strings.CutPrefix(strings.TrimSpace(entry), "Bearer ")
		token, err := s.verify(signed)
		of := fmt.Sprintf("the auxiliary token of client '%s' and tenant '%s'", token.ClientID, token.Tenant)
		switch {
		case !isBearer || errors.Is(err, jwt.ErrTokenMalformed):
			return tenants, fmt.Errorf("the auxiliary token %d is not a bearer token", i+1)
		case errors.Is(err, jwt.ErrTokenExpired):
			return tenants, fmt.Errorf("%s has expired", of)
		case err != nil || !token.IsFor(audiences...):
			return tenants, fmt.Errorf("%s is invalid", of)
		}
		tenants = append(tenants, token.Tenant)
	}
	return tenants, nil
}

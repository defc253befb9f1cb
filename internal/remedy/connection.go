package remedy

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// forConnection explains an error that is no refusal: nobody answered, or the answer can't be read.
func forConnection(err error) Advice {
	if gaveUp, ok := errors.AsType[*retry.GaveUpError](err); ok {
		err = gaveUp.Last // which says more than a deadline
	}
	connection, broken := errors.AsType[*azure.ConnectionError](err)
	switch {
	case errors.As(err, new(*azure.UnreadableError)), errors.As(err, new(*signin.UnreadableTokenError)):
		return advise("the answer can't be read")
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return advise("the service's certificate is not trusted")
	case broken && !connection.Connected && connection.Proxy != "":
		return advise("the service could not be reached (through a proxy)", "<host>", connection.Host,
			"<proxy>", connection.Proxy)
	case broken && !connection.Connected:
		return advise("the service could not be reached (without a proxy)", "<host>", connection.Host)
	case errors.Is(err, context.DeadlineExceeded):
		return advise("the operation timed out")
	case broken:
		return advise("the service could not be reached")
	default:
		return advise("an unexpected error")
	}
}

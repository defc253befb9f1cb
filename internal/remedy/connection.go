package remedy

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// forConnection explains an error in which nobody answered.
func forConnection(err error) Advice {
	if gaveUp, ok := errors.AsType[*retry.GaveUpError](err); ok {
		err = gaveUp.Last // which says more than that the time was up
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, dialled := errors.AsType[*url.Error](err)
	switch {
	case errors.As(err, new(*azure.UnreadableError)), errors.As(err, new(*signin.UnreadableTokenError)):
		return Advice{"the answer can't be read", "What came back says that it is a success, and is not what the service answers. Somebody on the way may have answered in its place: " +
			"a proxy, or a network's page for signing in. Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."}
	case untrusted:
		return Advice{"the service's certificate is not trusted", "Whoever answered has a certificate that this machine does not trust: often a proxy that looks into TLS. " +
			"Let the machine trust its authority, on Linux also by naming a file with its certificate in SSL_CERT_FILE."}
	case errors.Is(err, context.DeadlineExceeded):
		return Advice{"the time was up", "The service did not finish in time. Run again, or allow more time with a timeouts block."}
	case dialled:
		return Advice{"the service could not be reached", "Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."}
	default:
		return Advice{"an unexpected error", ""}
	}
}

func forProxy() Advice {
	return Advice{"the answer was not Azure's", "Something on the way to Azure answered in its place: often a proxy, which refuses or wants a sign-in. " +
		"Check HTTPS_PROXY and NO_PROXY, and that environment and endpoint name the right cloud."}
}

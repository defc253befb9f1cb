package remedy

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

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
		return Advice{"the answer can't be read", fill(`
			The status of the answer is a success, but its body is not what the service sends. A proxy, or a network's sign-in
			page, may have answered instead. ` + checkNetwork)}
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return Advice{"the service's certificate is not trusted", fill(`
			This machine does not trust the certificate of whoever answered: often a proxy that inspects TLS. Install the root
			certificate of that proxy; on Linux, SSL_CERT_FILE can also name a file that contains it.`)}
	case broken && !connection.Connected:
		through := "The environment configures no proxy for it."
		if connection.Proxy != "" {
			through = "The proxy is " + connection.Proxy + "."
		}
		return Advice{"the service could not be reached",
			fill("No connection to " + connection.Host + " was made. " + through + "\n\n" + checkNetwork)}
	case errors.Is(err, context.DeadlineExceeded):
		return Advice{"the operation timed out", "The service did not finish in time. Run again, or allow more " +
			"time with a timeouts block."}
	case broken:
		return Advice{"the service could not be reached", fill(checkNetwork)}
	default:
		return Advice{"an unexpected error", ""}
	}
}

const checkNetwork = `Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint
	name the right cloud.`

// forPause explains a pause that would outlast the operation.
func forPause(tooLong *retry.PauseError) Advice {
	return Advice{"the service asks to wait longer than the timeout allows", fill(`
		It asks to wait <asked> before the next request, and the operation had <left> left, so Terraform did not wait. Run
		again after that time, or allow more with a timeouts block. Refresh and destroy take their timeout from the state, as
		the last apply wrote it; create, update and data sources from the configuration; an import always has five
		minutes.`, "<asked>", tooLong.Asked.String(), "<left>", tooLong.Left.Round(time.Second).String())}
}

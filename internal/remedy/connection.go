package remedy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// forConnection explains an error in which nobody answered.
func forConnection(err error) Advice {
	if gaveUp, ok := errors.AsType[*retry.GaveUpError](err); ok {
		err = gaveUp.Last // which says more than that the time was up
	}
	connection, broken := errors.AsType[*azure.ConnectionError](err)
	switch {
	case errors.As(err, new(*azure.UnreadableError)), errors.As(err, new(*signin.UnreadableTokenError)):
		return Advice{"the answer can't be read", "What came back says that it is a success, and is not what the service answers. Somebody on the way may have answered in its place: " +
			"a proxy, or a network's page for signing in. Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."}
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return Advice{"the service's certificate is not trusted", "Whoever answered has a certificate that this machine does not trust: often a proxy that looks into TLS. " +
			"Let the machine trust its authority, on Linux also by naming a file with its certificate in SSL_CERT_FILE."}
	case broken && !connection.Made:
		return forUnreachable(connection)
	case errors.Is(err, context.DeadlineExceeded):
		return Advice{"the time was up", "The service did not finish in time. Run again, or allow more time with a timeouts block."}
	case broken:
		return Advice{"the service could not be reached", checkNetwork}
	default:
		return Advice{"an unexpected error", ""}
	}
}

const checkNetwork = "Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."

// forUnreachable explains a host that there never was a connection to.
func forUnreachable(connection *azure.ConnectionError) Advice {
	through := "No proxy is configured for it in the environment."
	if connection.Proxy != "" {
		through = "The proxy is " + connection.Proxy + "."
	}
	return Advice{"the service could not be reached", Paragraphs("There was no connection to "+connection.Host+". "+through, checkNetwork)}
}

// forPause explains a pause that would outlast the operation.
func forPause(tooLong *retry.PauseError) Advice {
	return Advice{"the service asks to wait longer than there is time", fmt.Sprintf("It asks to wait %s before the next request, and the operation had %s left, so it ended at once. "+
		"Run again after that time, or allow more with a timeouts block. %s", tooLong.Asked, tooLong.Left.Round(time.Second), whichTimeout)}
}

// whichTimeout says where a timeout is read from.
const whichTimeout = "Refresh and destroy take their timeout from the state, as the last apply wrote it; create, update and data sources from the configuration; " +
	"an import always has five minutes."

// forProxy explains an answer that was somebody else's.
func forProxy() Advice {
	return Advice{"the answer was not Azure's", "Something on the way to Azure answered in its place: often a proxy, which refuses or wants a sign-in. " +
		"Check HTTPS_PROXY and NO_PROXY, and that environment and endpoint name the right cloud."}
}

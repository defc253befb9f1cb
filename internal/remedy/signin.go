package remedy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// ofMethods are the headings for failures of a sign-in method, by a pattern in the text that azidentity keeps of it.
var ofMethods = []struct{ in, heading string }{
	// azidentity says so where the Azure CLI or the Azure Developer CLI can't give a token with the claims that a service
	// demands.
	{`Run this command then retry the operation: (\S.*?)(?:\. To troubleshoot|$)`, "the tenant asks you to sign in again"},
	{`(?s)AzureCLICredential.*not found on path`, "the Azure CLI is not installed"},
	{`(?s)AzureCLICredential.*Tenant shouldn't be specified`, "the Azure CLI's account stays in its own tenant"},
	{"AzureCLICredential", "the Azure CLI gave no token"},
	{"AzureDeveloperCLICredential", "the Azure Developer CLI gave no token"},
	{"ManagedIdentityCredential", "the managed identity gave no token"},
	{signin.RequestingToken, "the pipeline gave no identity token"},
	{signin.ReadingToken, "there is no identity token"},
}

// signInFacts pairs words of the document with what a failed sign-in knows, without what would break a command line.
func signInFacts(failed *signin.Error) []string {
	known := append(tenantWords(failed.Tenant), "<client_id>", failed.ClientID)
	if token := failed.Presented; token != nil {
		known = append(known, "<issuer>", token.Issuer, "<subject>", token.Subject, "<audience>",
			strings.Join(token.Audience, ", "))
	}
	for i := 1; i < len(known); i += 2 {
		if strings.ContainsFunc(known[i], unsafeInCommand) {
			known[i] = ""
		}
	}
	return known
}

// unsafeInCommand finds what would end a string of JSON or of the shell.
func unsafeInCommand(r rune) bool {
	return r == '\'' || r == '"' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r)
}

// forSignIn explains a sign-in that failed.
func forSignIn(failed *signin.Error) Advice {
	where := "This was the sign-in"
	if failed.Tenant != "" {
		where += " to tenant " + failed.Tenant
	}
	advice, claims := whyNoToken(failed)
	return Advice{advice.Problem, Paragraphs(advice.Remedy, claims, where+" with the "+failed.SignIn+".")}
}

// whyNoToken also tells the claims of an identity token that Entra refused.
func whyNoToken(failed *signin.Error) (advice Advice, claims string) {
	text := failed.Err.Error()
	known := signInFacts(failed)
	if advice := advise(regexp.MustCompile(`AADSTS\d+`).FindString(text), known...); advice.Problem != "" {
		return advice, presentedClaims(failed.Presented)
	}
	if last := failed.Response; isOutage(last) {
		heading := "Entra ID's token service gave no token (outage)"
		if last.StatusCode == http.StatusTooManyRequests {
			heading = "Entra ID's token service gave no token (throttled)"
		}
		return advise(heading, "<status>", statusLine(last)), ""
	}
	if errors.As(failed.Err, new(*azure.ConnectionError)) || errors.As(failed.Err, new(*signin.UnreadableTokenError)) {
		return signInFailed(forConnection(failed.Err)), ""
	}
	for _, method := range ofMethods {
		if m := regexp.MustCompile(method.in).FindStringSubmatch(text); m != nil {
			return advise(method.heading, append(known, "<command>", m[len(m)-1])...), ""
		}
	}
	if response, words := answerOf(failed.Err); response != nil && words == "" {
		return signInFailed(advise(ofProxy.heading)), ""
	}
	return advise("signing in failed"), ""
}

func signInFailed(why Advice) Advice { return Advice{"signing in failed: " + why.Problem, why.Remedy} }

// presentedClaims says in words what an identity token claimed, "" for none.
func presentedClaims(p *signin.Presented) string {
	switch {
	case p == nil:
		return ""
	case p.Issuer == "" && p.Subject == "":
		return "The identity token can't be read; it is not a JWT."
	default:
		return fmt.Sprintf("The identity token says:\n    issuer   %s\n    subject  %s\n    audience %s",
			p.Issuer, p.Subject, strings.Join(p.Audience, ", "))
	}
}

// entraMessage returns the sentence of Entra's answer. azidentity's own text of a refusal is the whole HTTP exchange.
func entraMessage(failed *signin.Error) string {
	who := "Entra ID"
	isMachine := strings.HasPrefix(failed.Err.Error(), "ManagedIdentityCredential")
	if isMachine {
		who = "The managed identity's endpoint"
	}
	response, words := answerOf(failed.Err)
	switch {
	case isOutage(failed.Response):
		return "The last attempt ended with: " + statusLine(failed.Response)
	case response == nil:
		return "The error was: " + inWords(failed.Err)
	case words != "":
		return who + " said: " + words
	case isMachine:
		return who + " answered " + response.Status + "."
	default:
		return fmt.Sprintf("The answer was: %s (Content-Type %q).", response.Status, response.Header.Get("Content-Type"))
	}
}

// answerOf returns what the token service, or the endpoint of a managed identity, answered, nil for nothing, and the
// words of an Entra error, on one line, "" for an answer of another shape.
func answerOf(err error) (response *http.Response, words string) {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return nil, ""
	}
	var document struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	body, err := runtime.Payload(failed.RawResponse)
	if err == nil && json.Unmarshal(body, &document) == nil && document.Description != "" {
		words = document.Code + ": " + strings.Join(strings.Fields(document.Description), " ")
	}
	return failed.RawResponse, words
}

// isOutage reports whether the last answer on the way to a token stands for an outage that may pass by itself.
func isOutage(response *http.Response) bool {
	return response != nil && azure.IsTemporary(response.StatusCode)
}

// statusLine is a status with its standard text, since a response may have any.
func statusLine(response *http.Response) string {
	return fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode))
}

package remedy

import (
	"regexp"
	"slices"
	"strings"
)

// Paragraphs joins texts with an empty line between them, leaving out empty ones.
func Paragraphs(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "\n\n")
}

// Command indents lines, which tells Terraform not to wrap them.
func Command(lines ...string) string { return "    " + strings.Join(lines, "\n    ") }

// azLogin signs the Azure CLI in to a tenant, which may have no subscription.
const azLogin = "\n    az login --tenant <tenant> --allow-no-subscriptions\n"

// giveRole gives a service principal a role.
func giveRole(scope, role string) string {
	return azLogin + `    az role assignment create --assignee-principal-type ServicePrincipal \
      --assignee-object-id "<object id of the enterprise application>" \
      --scope "` + scope + `" --role "` + role + "\"\n"
}

// layout is what fill does with line breaks, in this order.
var layout = []struct{ in, out string }{
	{`\n\t+`, "\n"},                  // the indentation of the source
	{`(?m)^( .*)\n(\S)`, "$1\n\n$2"}, // a command is a paragraph
	{`(?m)^(\S.*)\n( )`, "$1\n\n$2"}, // likewise
	{`(\S)\n(\S)`, "$1 $2"},          // the lines of any other paragraph are joined
}

// fill takes a text as it is written in this package, where only commands are indented by spaces. In place of words,
// such as those in angle brackets, it puts what is known; the two come in pairs. Words of which nothing is known ("")
// stay.
func fill(text string, known ...string) string {
	text = strings.Trim(text, "\n\t")
	for _, step := range layout {
		text = regexp.MustCompile(step.in).ReplaceAllString(text, step.out)
	}
	for i := 1; i < len(known); i += 2 {
		if known[i] == "" {
			known[i] = known[i-1]
		}
	}
	return strings.NewReplacer(known...).Replace(text)
}

// tenantWords are the words to fill in where all that is known is the tenant.
func tenantWords(tenant string) []string {
	if tenant == "" {
		return []string{"login --tenant <tenant>", "login", "login --tenant-id <tenant>", "login"}
	}
	return []string{"<tenant>", tenant}
}

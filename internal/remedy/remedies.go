package remedy

import (
	_ "embed" // for the document
	"regexp"
	"slices"
	"strings"
	"sync"
)

// document is what users read. Its first lines say how it is written.
//
//go:embed remedies.md
var document string

// section is a heading of the document, and what it says. Words in angle brackets are still to be replaced.
type section struct {
	heading string // the headline, and in parentheses what tells it from others of the same words
	Advice
}

// sections reads the document from its end, since links stand for texts further down.
var sections = sync.OnceValue(func() (all []section) {
	comment, wrapped := regexp.MustCompile(`(?s)<!--.*?-->\n*`), regexp.MustCompile(`(\S)\n(\S)`)
	link := regexp.MustCompile(`\[([^]]+)\]\(#[^)]+\)`)
	var remedy string
	for _, part := range slices.Backward(strings.Split(document, "\n### ")[1:]) {
		heading, text, _ := strings.Cut(strings.ReplaceAll(part, `\<`, "<"), "\n")
		text, _, _ = strings.Cut(text, "\n## ") // the next chapter
		if strings.TrimSpace(text) != "" {      // else it shares the text below
			text = strings.Trim(comment.ReplaceAllString(text, ""), "\n")
			text = link.ReplaceAllStringFunc(text, func(found string) string {
				return find(all, link.FindStringSubmatch(found)[1]).Remedy
			})
			remedy = wrapped.ReplaceAllString(text, "$1 $2")
		}
		problem, _, _ := strings.Cut(heading, " (")
		all = append(all, section{heading, Advice{problem, remedy}})
	}
	return all
})

// find finds a section by its heading, or by what that has in parentheses.
func find(all []section, heading string) Advice {
	i := slices.IndexFunc(all, func(s section) bool {
		return s.heading == heading || strings.HasSuffix(s.heading, "("+heading+")")
	})
	if i < 0 {
		return Advice{}
	}
	return all[i].Advice
}

// advise returns what the document says under a heading. In place of words, such as those in angle brackets, it puts
// what is known; the two come in pairs. Words for which nothing is known ("") stay.
func advise(heading string, known ...string) Advice {
	for i := 1; i < len(known); i += 2 {
		if known[i] == "" {
			known[i] = known[i-1]
		}
	}
	words, advice := strings.NewReplacer(known...), find(sections(), heading)
	return Advice{words.Replace(advice.Problem), words.Replace(advice.Remedy)}
}

// OfPlan returns a heading about a connector's plan, its move or the likely reason for a refusal, and what the document
// says under it. In place of words in angle brackets it puts what is known.
func OfPlan(heading string, known ...string) (headline, text string) {
	advice := advise(heading, known...)
	return advice.Problem, advice.Remedy
}

// tenantWords are the words to replace where all that is known is the tenant.
func tenantWords(tenant string) []string {
	if tenant == "" {
		return []string{"login --tenant <tenant>", "login", "login --tenant-id <tenant>", "login"}
	}
	return []string{"<tenant>", tenant}
}

// Paragraphs joins texts with an empty line between them, leaving out empty ones.
func Paragraphs(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "\n\n")
}

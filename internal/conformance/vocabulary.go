package conformance

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// isPublic says whether a text may stay in a transcript: each of its words ("Sign", "In" and "Logs" in SignInLogs) is
// in the vocabulary, and its letters and digits don't alternate as in an id.
func isPublic(text string) bool {
	unknown := func(word string) bool { return !vocabulary()[strings.ToLower(word)] }
	return !alternating.MatchString(text) && !slices.ContainsFunc(words.FindAllString(text, -1), unknown)
}

var (
	words       = regexp.MustCompile(`\p{Lu}+\p{Ll}*|\p{Ll}+|\d+|[^\p{Lu}\p{Ll}\d\x00-\x7f]+`)
	alternating = regexp.MustCompile(`\d\D+\d`)
)

// vocabulary is the words below and those of the names of all log categories and their tables.
var vocabulary = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, category := range entralogs.All() {
		for _, word := range words.FindAllString(category.Name+" "+category.Table, -1) {
			known[strings.ToLower(word)] = true
		}
	}
	for word := range strings.FieldsSeq(publicWords) {
		known[word] = true
	}
	return known
})

// publicWords are those of Azure's paths, documents, headers and messages. None is likely to tell anything of a
// tenant. A word that is missing only makes a transcript less telling.
//
//go:embed vocabulary.txt
var publicWords string

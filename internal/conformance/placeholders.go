package conformance

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// placeholders replaces ids, names, secrets, tokens, times, numbers, and each word that is not in the vocabulary.
//
// The same text gets the same placeholder everywhere. A placeholder is as valid as the text that it replaces, and shows
// its letter case: all lower, all upper, or mixed.
type placeholders struct {
	made   map[string]string // by the replaced text in lower case
	count  map[string]int    // by the form of the placeholder
	pieces *regexp.Regexp    // has a group for each of kinds
}

const (
	nameForm = "Name-%d"
	timeForm = "2000-01-01T00:00:00.%07dZ"
	wordForm = "Text-%d"
	number   = "10"
)

// kinds are the pieces that a text is cut into, and their placeholders, "" for what stays. The first that matches
// counts. Punctuation is left between them.
var kinds = []struct{ placeholder, pattern string }{
	{"", `api-version=\d{4}-\d\d-\d\d(?:-preview)?`},
	{"A0000000-0000-4000-8000-%012d", `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`},
	{nameForm, ""}, // the names that are found
	{"", `\b(?:PT?)?\d{1,3}[dhms]\b|\bAADSTS\d+|\b(?:SEM|SYN)\d{4}\b`},
	{"Token-%d", `eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?`},
	{timeForm, `\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?`},
	{wordForm, `[\w.+-]+@[\w.-]+|(?:\d{1,3}\.){3}\d{1,3}`}, // a mail or IP address
	{number, `\d+(?:\.\d+)?(?:e[+-]?\d+)?\b`},
	{wordForm, `(?:\w|[^\x00-\x7f])+`},
}

// resourceIDs are the values that are a path or an id, and resourceNames the names in one.
var (
	resourceIDs   = regexp.MustCompile(`(?i)"(?:https://[^/"]*)?/{0,2}(?:subscriptions|providers|v1)/[^"]*"`)
	resourceNames = regexp.MustCompile(`(?i)/(?:subscriptions|resourceGroups|workspaces|diagnosticSettings|` +
		`storageAccounts|namespaces|authorizationRules|eventHubs|monitors|userAssignedIdentities)/([^/?"\\]+)`)
)

// newPlaceholders finds the names of resources in JSON documents. They may also be mentioned before and outside of ids,
// and escaped.
func newPlaceholders(documents string) *placeholders {
	names := map[string]bool{`$.`: true} // which matches nothing, where no name is found
	for _, id := range resourceIDs.FindAllString(documents, -1) {
		for _, found := range resourceNames.FindAllStringSubmatch(id, -1) {
			once := url.PathEscape(found[1])
			for _, spelling := range []string{found[1], once, url.PathEscape(once), url.QueryEscape(found[1])} {
				names[regexp.QuoteMeta(spelling)+`(?:\b|$)`] = true
			}
		}
	}
	longestFirst := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) })
	var patterns []string
	for _, kind := range kinds {
		patterns = append(patterns, "("+cmp.Or(kind.pattern, strings.Join(longestFirst, "|"))+")")
	}
	pieces := regexp.MustCompile(`(?i)` + strings.Join(patterns, "|"))
	return &placeholders{map[string]string{}, map[string]int{}, pieces}
}

// text replaces what has to be replaced in a text.
func (p *placeholders) text(text string) string {
	return p.pieces.ReplaceAllStringFunc(text, func(piece string) string {
		groups := p.pieces.FindStringSubmatch(piece)[1:]
		switch kind := kinds[slices.IndexFunc(groups, func(group string) bool { return group != "" })].placeholder; {
		case kind == "", kind == number && len(piece) == 1, kind == wordForm && isPublic(piece):
			return piece
		case kind == number:
			return number
		case kind == nameForm:
			once, _ := url.QueryUnescape(piece)
			twice, _ := url.QueryUnescape(once)
			return p.replace(cmp.Or(twice, once, piece), nameForm)
		default:
			return p.replace(piece, kind)
		}
	})
}

var (
	secretMember = regexp.MustCompile(`(?i)secret|password|assertion$|token$|^sig$|key$`)
	// enumerated are members whose value is one of a few words, even if a resource has that word for a name.
	enumerated = regexp.MustCompile(
		`^(code|category|categoryType|type|plan|severityName|provisioningState|error|token_type)$`)
	numbered = regexp.MustCompile(`(?i)^code$|retry-after`)
	digits   = regexp.MustCompile(`^-?\d{1,10}$`)
)

// value replaces what has to be replaced in the value of a member.
func (p *placeholders) value(member string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		made := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(value)) { // so that the numbers don't depend on chance
			switch {
			case member == "tags": // whose names are the tenant's, too
			case isPublic(key):
				made[key] = p.value(key, value[key])
			default:
				made[p.text(key)] = p.value(key, value[key])
			}
		}
		return made
	case []any:
		made := []any{}
		for _, element := range value {
			made = append(made, p.value(member, element))
		}
		return made
	case string:
		switch {
		case secretMember.MatchString(member) && value != "":
			return p.replace(value, "Secret-%d")
		case enumerated.MatchString(member) && isPublic(value), numbered.MatchString(member) && digits.MatchString(value):
			return value
		}
		return p.text(value)
	case float64:
		if math.Abs(value) > 9 || value != math.Trunc(value) {
			return 10
		}
	}
	return value
}

// replace returns the placeholder of a text.
func (p *placeholders) replace(text, form string) string {
	key := strings.ToLower(text)
	if p.made[key] == "" {
		p.count[form]++
		p.made[key] = fmt.Sprintf(form, p.count[form])
	}
	switch made := p.made[key]; {
	case form == timeForm:
		return made
	case text == key:
		return strings.ToLower(made)
	case text == strings.ToUpper(text):
		return strings.ToUpper(made)
	default:
		return made
	}
}

// isPublic says whether a text may stay in a transcript: each of its words ("Sign", "In" and "Logs" in SignInLogs) is
// in the vocabulary, and it is neither an address nor has letters between digits as an id does.
func isPublic(text string) bool {
	unknown := func(word string) bool { return !vocabulary()[strings.ToLower(word)] }
	return !idOrAddress.MatchString(text) && !slices.ContainsFunc(words.FindAllString(text, -1), unknown)
}

var (
	words       = regexp.MustCompile(`\p{Lu}+\p{Ll}*|\p{Ll}+|\d+|[^\p{Lu}\p{Ll}\d\x00-\x7f]+`)
	idOrAddress = regexp.MustCompile(`\d\D+\d|@`)
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

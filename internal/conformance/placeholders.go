package conformance

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// placeholders replaces ids, names, secrets, tokens, times, numbers, and each word that is not in the vocabulary. It
// works on the text of a JSON document, so it can't miss a place in it.
//
// The same text gets the same placeholder everywhere. A placeholder is as valid as the text that it replaces, and shows
// its letter case: all lower, all upper, or mixed.
type placeholders struct {
	made   map[string]string // by the replaced text in lower case
	count  map[string]int    // by the form of the placeholder
	pieces *regexp.Regexp
}

// forms are the placeholders of the kinds of pieces that are always replaced.
var forms = map[string]string{
	"name": "Name-%d", "secret": "Secret-%d", "token": "Token-%d", "address": "Text-%d", "word": "Text-%d",
	"guid": "A0000000-0000-4000-8000-%012d", "time": "2000-01-01T00:00:00.%07dZ",
}

// The kinds of pieces that a document is cut into. The first that matches counts. Punctuation is left between them.
const (
	beforeNames = `(?P<escape>\\(?:u[0-9a-f]{4}|.))` +
		`|"(?P<key>[^"\\]*)":(?:"(?P<value>(?:[^"\\]|\\.)*)")?` +
		`|(?P<kept>api-version=\d{4}-\d\d-\d\d(?:-preview)?|\b(?:PT?)?\d{1,3}[dhms]\b` +
		`|\bAADSTS\d+|\b(?:SEM|SYN)\d{4}\b)` +
		`|(?P<guid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`
	afterNames = `|(?P<token>eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?)` +
		`|(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)` +
		`|(?P<address>[\w.+-]+@[\w.-]+|(?:\d{1,3}\.){3}\d{1,3})` +
		`|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b` +
		`|(?P<word>(?:\w|[^\x00-\x7f])+)`
)

var (
	// resourceIDs are the values that are a path or an id, and resourceNames the names in one.
	resourceIDs   = regexp.MustCompile(`(?i)"(?:https://[^/"]*)?/{0,2}(?:subscriptions|providers|v1)/[^"]*"`)
	resourceNames = regexp.MustCompile(`(?i)/(?:subscriptions|resourceGroups|workspaces|diagnosticSettings|` +
		`storageAccounts|namespaces|authorizationRules|eventHubs|userAssignedIdentities)/([^/?"\\]+)`)

	secretMember = regexp.MustCompile(`(?i)secret|password|assertion$|token$|^sig$|key$`)
	// enumerated are members whose value is one of a few words, even if a resource has that word for a name.
	enumerated = regexp.MustCompile(
		`^(code|category|categoryType|type|plan|severityName|provisioningState|error|token_type)$`)
	numbered = regexp.MustCompile(`(?i)^code$|retry-after`)
	digits   = regexp.MustCompile(`^-?\d{1,10}$`)
)

// newPlaceholders finds the names of resources, which may also be mentioned before and outside of ids, and escaped.
func newPlaceholders(documents []string) *placeholders {
	found := map[string]bool{}
	for _, document := range documents {
		for _, id := range resourceIDs.FindAllString(document, -1) {
			for _, name := range resourceNames.FindAllStringSubmatch(id, -1) {
				once := url.PathEscape(name[1])
				for _, spelling := range []string{name[1], once, url.PathEscape(once), url.QueryEscape(name[1])} {
					found[spelling] = true
				}
			}
		}
	}
	var spellings []string
	for spelling := range found {
		spellings = append(spellings, regexp.QuoteMeta(spelling)+`(?:\b|$)`)
	}
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	names := ""
	if spellings != nil {
		names = `|(?P<name>` + strings.Join(spellings, "|") + `)`
	}
	return &placeholders{
		made: map[string]string{}, count: map[string]int{},
		pieces: regexp.MustCompile(`(?i)` + beforeNames + names + afterNames),
	}
}

// text replaces what has to be replaced in a document or a part of one.
func (p *placeholders) text(document string) string {
	var made strings.Builder
	end := 0
	for _, at := range p.pieces.FindAllStringSubmatchIndex(document, -1) {
		made.WriteString(document[end:at[0]])
		end = at[1]
		groups := map[string]string{}
		for i, kind := range p.pieces.SubexpNames() {
			if i > 0 && at[2*i] >= 0 {
				groups[kind] = document[at[2*i]:at[2*i+1]]
			}
		}
		made.WriteString(p.piece(groups))
	}
	return made.String() + document[end:]
}

// piece replaces one piece, given by its groups.
func (p *placeholders) piece(groups map[string]string) string {
	if key, isKey := groups["key"]; isKey {
		made := `"` + p.key(key) + `":`
		if value, isText := groups["value"]; isText {
			made += `"` + p.value(key, value) + `"`
		}
		return made
	}
	for kind, text := range groups {
		switch {
		case kind == "escape", kind == "kept", kind == "word" && isPublic(text), kind == "number" && len(text) == 1:
			return text
		case kind == "number":
			return "10"
		case kind == "name":
			for range 2 {
				if once, err := url.QueryUnescape(text); err == nil {
					text = once
				}
			}
		}
		return p.replace(text, forms[kind])
	}
	return ""
}

func (p *placeholders) key(key string) string {
	if isPublic(key) {
		return key
	}
	return p.text(key)
}

// value replaces the value of a member.
func (p *placeholders) value(key, value string) string {
	switch {
	case secretMember.MatchString(key) && value != "":
		return p.replace(value, forms["secret"])
	case enumerated.MatchString(key) && isPublic(value), numbered.MatchString(key) && digits.MatchString(value):
		return value
	default:
		return p.text(value)
	}
}

// replace returns the placeholder of a text.
func (p *placeholders) replace(text, form string) string {
	key := strings.ToLower(text)
	made, found := p.made[key]
	if !found {
		p.count[form]++
		made = fmt.Sprintf(form, p.count[form])
		p.made[key] = made
	}
	switch {
	case form == forms["time"]:
		return made
	case text == key:
		return strings.ToLower(made)
	case text == strings.ToUpper(text):
		return strings.ToUpper(made)
	default:
		return made
	}
}

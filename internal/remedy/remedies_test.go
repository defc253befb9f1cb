package remedy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The code finds every heading that it names, and names every heading and every word in angle brackets.
func TestDocument(t *testing.T) {
	var code string
	own, _ := filepath.Glob("*.go")
	connectors, _ := filepath.Glob("../connector/*.go") // which name headings as well
	for _, file := range slices.Concat(own, connectors) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			code += string(text)
		}
	}
	named := []string{string(ErrStopped), string(ErrOtherPlan), string(ErrDenied), LimitReached, ofQueries.heading}
	for _, row := range slices.Concat(refusals, ofWorkspaces) {
		named = append(named, row.heading)
	}
	for _, method := range ofMethods {
		named = append(named, method.heading)
	}
	literal := regexp.MustCompile(`(?:(?:advise|OfPlan)\(|planWarning\("\w+", |heading(?:, these)? :?= |heading: )` +
		`"([^"]+[^" ])"`)
	for _, found := range literal.FindAllStringSubmatch(code, -1) {
		named = append(named, found[1])
	}
	for _, heading := range named {
		if find(sections(), heading).Problem == "" {
			t.Errorf("the document lacks the heading %q", heading)
		}
	}

	composed := regexp.MustCompile(`\(AADSTS\d+\)$|^(\w+|A sign-in method) is (missing|not usable)$|` +
		`^After an unfinished (create|update|delete)$`)
	forReader := []string{"<address>", "<its id>", "<file with the certificate alone>"}
	var remedies string
	for _, s := range sections() {
		linked := strings.Contains(document, "["+s.heading+"](#") || slices.ContainsFunc(named, func(name string) bool {
			return strings.HasSuffix(s.heading, "("+name+")")
		})
		if !linked && !composed.MatchString(s.heading) && !slices.Contains(named, s.heading) {
			t.Errorf("no error has the heading %q", s.heading)
		}
		for _, word := range regexp.MustCompile(`<[\w ./-]+>`).FindAllString(s.Problem+s.Remedy, -1) {
			if !slices.Contains(forReader, word) && !strings.Contains(code, `"`+word+`"`) {
				t.Errorf("%q has %s, which nothing replaces", s.heading, word)
			}
		}
		remedies += s.Remedy
	}
	for _, at := range regexp.MustCompile(`\[([^]]+)\]\(#`).FindAllStringSubmatchIndex(document, -1) {
		if heading := document[at[2]:at[3]]; !strings.Contains(document[at[3]:], "\n### "+heading+"\n") {
			t.Errorf("no text further down has the heading %q", heading)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^\S.*[^\\]<\w.*`).FindAllString(document, -1) {
		t.Errorf("GitHub does not show the words in angle brackets without a backslash: %s", line)
	}
	for _, fact := range facts {
		if !strings.Contains(remedies, fact.words) {
			t.Errorf("no remedy has the words %q", fact.words)
		}
	}
}

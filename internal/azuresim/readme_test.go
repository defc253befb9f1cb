package azuresim

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Comments and the conversations in testdata name headings of the README, which must be there, and every point of it
// has a link or says that it is inferred or unknown.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	mentions := map[string]*regexp.Regexp{
		".go":   regexp.MustCompile(`README(?:\.md)?, ("[^"]+"(?:(?:,| and) "[^"]+")*)`),
		".http": regexp.MustCompile(`(?m)^### (.*)$`),
	}
	err = fs.WalkDir(os.DirFS(".."), ".", func(file string, _ fs.DirEntry, err error) error {
		mention := mentions[path.Ext(file)]
		if err != nil || mention == nil || strings.HasSuffix(file, "_test.go") || path.Base(file) == "simulator.http" {
			return err
		}
		source, err := os.ReadFile("../" + file)
		if err != nil {
			return err
		}
		joined := regexp.MustCompile(`\n\t*// ?`).ReplaceAllString(string(source), " ")
		for _, found := range mention.FindAllStringSubmatch(joined, -1) {
			for _, heading := range regexp.MustCompile(`"(?:,| and) "`).Split(strings.Trim(found[1], `"`), -1) {
				if !strings.Contains(readme, "# "+heading+"\n") {
					t.Errorf("%s names the heading %q", file, heading)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	facts, _, _ := strings.Cut(readme, "\n## Open questions\n")
	for _, point := range strings.Split(facts, "\n- ")[1:] {
		point, _, _ = strings.Cut(point, "\n\n")
		if !regexp.MustCompile(`\]\(https://|\*inferred\*|unknown`).MatchString(point) {
			t.Errorf("no link, and not said to be inferred: %s", point)
		}
	}
}

package azuresim

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Comments name headings of the README, which must be there, and every point of it has a link or says that it is
// inferred or unknown.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	mention := regexp.MustCompile(`README(?:\.md)?, ("[^"]+"(?:(?:,| and) "[^"]+")*)`)
	err = fs.WalkDir(os.DirFS(".."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile("../" + path)
		if err != nil {
			return err
		}
		comments := regexp.MustCompile(`\n\t*// ?`).ReplaceAllString(string(source), " ")
		for _, found := range mention.FindAllStringSubmatch(comments, -1) {
			for _, heading := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(found[1], -1) {
				if !strings.Contains(readme, "\n### "+heading[1]+"\n") && !strings.Contains(readme, "\n## "+heading[1]+"\n") {
					t.Errorf("%s names the heading %q", path, heading[1])
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

package entralogs

import (
	"slices"
	"testing"
)

func TestRefused(t *testing.T) {
	names := []string{"AuditLogs", "signinlogs", "networkaccesstrafficlogs"}
	for cloud, want := range map[string][]string{
		"public": nil, "custom": nil, "usgovernment": names[2:], "china": names[2:],
	} {
		refused, evidence := Refused(cloud, names)
		if !slices.Equal(refused, want) || (evidence == "") != (want == nil) {
			t.Errorf("%s refuses %v (%s), want %v", cloud, refused, evidence, want)
		}
	}
	if refused, _ := Refused("china", Names(Connector())); len(refused) != 4 {
		t.Errorf("of the connector page's categories, China refuses %v, want all but two", refused)
	}
}

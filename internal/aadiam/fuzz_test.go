package aadiam

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// A member that the client does not know goes back as it came, wherever in the document it is.
func FuzzUnknownMember(f *testing.F) {
	for _, category := range []string{"AuditLogs", "brand new"} {
		for name, value := range map[string]string{"kind": `"k"`, "tags": `{"a":1e400}`, "identity": "null", "": "5",
			"partner": ` {"x":[1,null]}`, "metrics": "[]", "categoryGroup": `"allLogs"`, "NAME": `5`} {
			f.Add(name, value, category)
		}
	}
	known := append(slices.Clone(otherDestinations), "name", "properties", "id", "type", "systemData", "logs", "category",
		"enabled", "retentionPolicy")
	for _, d := range destinations {
		known = append(known, d.property)
	}
	f.Fuzz(func(t *testing.T, name, value, category string) {
		if azure.ContainsFold(known, name) || !json.Valid([]byte(value)) || category == "" {
			return
		}
		quoted := func(text string) string { raw, _ := json.Marshal(text); return string(raw) }
		document := func(member string) string {
			return fmt.Sprintf(`{%[1]s"properties":{%[1]s"logs":[{%[1]s"x":1},{%[1]s"category":%[2]s,"enabled":true}],`+
				`"workspaceId":"/w"}}`, member, quoted(category))
		}
		member := quoted(name) + ":" + value + ","
		var read Setting
		if err := json.Unmarshal([]byte(document(member)), &read); err != nil {
			t.Fatalf("%s: %v", document(member), err)
		}
		if strings.TrimSpace(value) == "null" {
			member = ""
		}
		sent, err := json.Marshal(read)
		if got, want := decode(t, string(sent)), decode(t, document(member)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis sent as %s, error %v", document(member), sent, err)
		}
	})
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// Whatever the service answers, each call ends with an answer or an error in words, and finds nothing of another name.
// What is read and sent again is the same setting.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		document("x", workspaceID, "AuditLogs"), `{"value":[` + document("x", workspaceID, "AuditLogs") + `,` +
			document("y", workspaceID) + `]}`, `{"value":[]}`, `{"value":null}`, `{}`, `{"value":[null,5]}`,
		`{"value":[{"name":"AuditLogs","properties":{"categoryType":"Logs"}},{"name":""}]}`,
		`{"name":"x","properties":{"workspaceId":"/a","WorkspaceId":"/b","logs":[null,{},{"category":"A","enabled":true},` +
			`{"category":"a","Category":"B","enabled":true,"ENABLED":false,"z":1}]}}`,
		`{"name":5}`, `{"properties":{"logs":{}}}`, `{"properties":{"logs":[5]}}`, `{"name":"x","properties":{"logs":null}}`,
		`{"code":"ResourceNotFound","message":"m"}`, `{"error":{"code":"AuthorizationFailed","message":"m"}}`, `<html>`,
		``, `null`, `[]`,
	} {
		f.Add(http.StatusOK, body)
		f.Add(http.StatusNotFound, body)
		f.Add(http.StatusForbidden, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < http.StatusOK || azure.IsTemporary(status) || status >= http.StatusInternalServerError {
			return // which are tried again, or no answer
		}
		synctest.Test(t, func(t *testing.T) { everyCall(t, status, body) })
	})
}

// everyCall makes each call of a service that always answers alike.
func everyCall(t *testing.T, status int, body string) {
	always := []answer{{status, body}}
	s, client := serve(answers{"GET": always, "LIST": always, "PUT": always, "DELETE": always, "CATEGORIES": always})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	found, exists, err := client.Find(ctx, "x")
	if err == nil && exists {
		sent, err := json.Marshal(found)
		var again Setting
		if failed := json.Unmarshal(sent, &again); err != nil || failed != nil || !found.Same(again) {
			t.Errorf("%d %q is %+v and was sent as %s, error %v", status, body, found, sent, err)
		}
	}
	if err == nil && exists && found.properties == nil {
		t.Errorf("%d %q was taken for a setting", status, body)
	}
	created := client.Create(ctx, setting("AuditLogs"))
	if created == nil || s.counts["PUT"] > 0 && (err != nil || exists) {
		t.Errorf("%d %q: creating ends with %v after %d PUTs", status, body, created, s.counts["PUT"])
	}
	if settings, err := client.List(ctx); err == nil && settings == nil {
		t.Errorf("%d %q was taken for a list", status, body)
	}
	categories, categoriesErr := client.Categories(ctx)
	if slices.Contains(categories, "") {
		t.Errorf("%d %q has a category without a name", status, body)
	}
	if ctx.Err() != nil {
		t.Errorf("%d %q was tried again and again: %v", status, body, err)
	}
	for _, err := range []error{err, categoriesErr, client.Delete(ctx, "x"), client.put(ctx, setting("AuditLogs"))} {
		if err != nil && (err.Error() == "" || strings.HasSuffix(err.Error(), ": ")) {
			t.Errorf("%d %q: an error without words: %q", status, body, err)
		}
	}
}

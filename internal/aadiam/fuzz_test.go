package aadiam

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// ours are the members that the client sends from what it knows, or never.
var ours = map[string][]string{
	"document":   {"name", "properties", "id", "type", "systemData"},
	"properties": {"workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "eventHubName", "logs"},
	"log":        {"category", "enabled", "retentionPolicy"},
}

// theirs are an object's members but for ours, those that are null, and other destinations that are not used.
func theirs(object map[string]any, kind string) map[string]any {
	left := map[string]any{}
	for name, value := range object {
		unused := value == nil || value == "" && kind == "properties" && azure.ContainsFold(otherDestinations, name)
		if !unused && !azure.ContainsFold(ours[kind], name) {
			left[name] = value
		}
	}
	return left
}

// What is read and sent again is the same setting, and has lost nothing that the client does not know.
func FuzzSetting(f *testing.F) {
	for _, document := range []string{
		document("x", workspaceID, "AuditLogs", "SignInLogs"),
		`{"id":"i","type":null,"name":"x","location":null,"kind":"k","tags":{"a":1e400},"properties":{"WORKSPACEID":"/w",` +
			`"eventHubName":"","partner":{"x":[1,null]},"metrics":[],"logs":[{"category":"auditlogs","enabled":true,"new":"y",` +
			`"retentionPolicy":{"enabled":false,"days":0}},{"categoryGroup":"allLogs","enabled":true},` +
			`{"category":"RiskyUsers","enabled":false}]}}`,
		`{"name":"x","properties":{"workspaceId":"/a","WorkspaceId":"/b","logs":[null,{},{"category":"A","enabled":true},` +
			`{"category":"a","enabled":true,"z":1}]}}`,
		`{"name":"x","Name":"y","properties":{"logs":[{"category":"A","Category":"B","enabled":true,"ENABLED":false}]}}`,
		`{"name":"x","properties":null}`, `{"name":5}`, `{"properties":{"logs":{}}}`, `{"properties":{"logs":[5]}}`,
		`{"properties":{"logs":null}}`, `[]`, `null`, `5`, ``,
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		var read Setting
		if json.Unmarshal(document, &read) != nil || read.properties == nil {
			return
		}
		sent, err := json.Marshal(read)
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var again Setting
		if err := json.Unmarshal(sent, &again); err != nil {
			t.Fatalf("%s became %s: %v", document, sent, err)
		}
		if !read.Same(again) {
			t.Errorf("%s became %s: %v", document, sent, read.Differences(again))
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(sent) {
			t.Errorf("%s became %s and then %s, error %v", document, sent, twice, err)
		}
		nothingIsLost(t, document, sent)
	})
}

func nothingIsLost(t *testing.T, document, sent []byte) {
	t.Helper()
	var before, after map[string]any
	if json.Unmarshal(document, &before) != nil || json.Unmarshal(sent, &after) != nil || isAmbiguous(before) {
		return // a number beyond all measure, which is kept as it is; or it is not said which of two members counts
	}
	if !reflect.DeepEqual(theirs(before, "document"), theirs(after, "document")) {
		t.Errorf("%s became %s", document, sent)
	}
	oldProperties, newProperties := member(before, "properties").(map[string]any),
		member(after, "properties").(map[string]any)
	if !reflect.DeepEqual(theirs(oldProperties, "properties"), theirs(newProperties, "properties")) {
		t.Errorf("%s became %s", document, sent)
	}
	oldLogs, _ := member(oldProperties, "logs").([]any)
	newLogs, _ := member(newProperties, "logs").([]any)
	kept := map[string]map[string]any{}
	for _, entry := range newLogs {
		log := entry.(map[string]any)
		category, _ := member(log, "category").(string)
		kept[entralogs.Canonical(category)] = log
	}
	for _, entry := range oldLogs {
		log, _ := entry.(map[string]any)
		category, _ := member(log, "category").(string)
		category = entralogs.Canonical(category)
		switch {
		case category == "" && len(log) > 0 && !slices.ContainsFunc(newLogs,
			func(n any) bool { return reflect.DeepEqual(theirs(n.(map[string]any), "log"), theirs(log, "log")) }):
			t.Errorf("%s became %s without %v", document, sent, log)
		case category != "" && member(log, "enabled") == true && !reflect.DeepEqual(theirs(kept[category], "log"),
			theirs(log, "log")):
			t.Errorf("%s became %s with %v in place of %v", document, sent, kept[category], log)
		}
	}
}

// isAmbiguous says whether an object has a member twice in different letter cases, or a category twice.
func isAmbiguous(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		var names []string
		for name, inner := range value {
			if azure.ContainsFold(names, name) || isAmbiguous(inner) {
				return true
			}
			names = append(names, name)
		}
	case []any:
		var categories []string
		for _, inner := range value {
			entry, _ := inner.(map[string]any)
			category, _ := member(entry, "category").(string)
			if category != "" && azure.ContainsFold(categories, category) || isAmbiguous(inner) {
				return true
			}
			categories = append(categories, category)
		}
	}
	return false
}

// member finds a member in any letter case.
func member(object map[string]any, name string) any {
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// Whatever the service answers, each call ends with an answer or an error in words, and finds nothing of another name.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		document("x", workspaceID, "AuditLogs"), `{"value":[` + document("x", workspaceID, "AuditLogs") + `,` +
			document("y", workspaceID) + `]}`, `{"value":[]}`, `{"value":null}`, `{}`,
		`{"value":[null,5]}`,
		`{"value":[{"name":"AuditLogs","properties":{"categoryType":"Logs"}},{"name":"M",` +
			`"properties":{"categoryType":"Metrics"}},{"name":""}]}`,
		`{"code":"ResourceNotFound","message":"m"}`, `{"error":{"code":"AuthorizationFailed","message":"m"}}`, `<html>`, ``,
		`null`, `[]`,
	} {
		f.Add(http.StatusOK, body)
		f.Add(http.StatusNotFound, body)
		f.Add(http.StatusForbidden, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < http.StatusOK || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout ||
			status >= http.StatusInternalServerError {
			return // which are tried again, or no answer
		}
		synctest.Test(t, func(t *testing.T) { everyCall(t, status, body) })
	})
}

// everyCall makes each call of a service that always answers alike.
func everyCall(t *testing.T, status int, body string) {
	always := []answer{{status, body}}
	client := newTestClient(&service{answers: map[string][]answer{"GET": always, "LIST": always, "PUT": always,
		"DELETE": always, "CATEGORIES": always}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	found, exists, err := client.Find(ctx, "x")
	if err == nil && exists && found.properties == nil {
		t.Errorf("%d %q was taken for a setting", status, body)
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

package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// comparedHeaders are those that a client acts on. headerOf compares the values of two of them, and of the others
// whether they are there.
var comparedHeaders = map[string]bool{
	"Content-Type": true, "Retry-After": true, "Retry-After-Ms": true, "X-Ms-Retry-After-Ms": true, "Etag": true,
	"Location": true, "Azure-Asyncoperation": true, "Www-Authenticate": true, "X-Ms-Failure-Cause": true,
}

// differences says how two answers to one request differ. A body's differences are those of its shape, of the values
// of enumerated members and of resource ids, and of what is enabled.
func differences(transcript, simulated Exchange) []string {
	var found []string
	add := func(what, theirs, ours string) {
		if theirs != ours {
			found = append(found, fmt.Sprintf("%s: %s in the transcript, %s from the simulator",
				what, cmp.Or(theirs, "none"), cmp.Or(ours, "none")))
		}
	}
	add("status", fmt.Sprint(transcript.Status), fmt.Sprint(simulated.Status))
	if (transcript.Status < http.StatusBadRequest) != (simulated.Status < http.StatusBadRequest) {
		return found // which explains all the rest
	}
	for _, header := range slices.Sorted(maps.Keys(comparedHeaders)) {
		add("header "+header, headerOf(transcript, header), headerOf(simulated, header))
	}
	theirs, ours := shape{}, shape{}
	theirs.add("", transcript.Body)
	ours.add("", simulated.Body)
	for _, path := range slices.Sorted(maps.Keys(merged(theirs, ours))) {
		parent := path[:max(strings.LastIndexAny(path, ".["), 0)]
		if path != "" && (theirs[parent] == "" || ours[parent] == "") {
			continue // the whole of it is missing
		}
		add("body"+namedElements.ReplaceAllString(path, "[]"), theirs[path], ours[path])
	}
	return found
}

// namedElements are those of a list of settings: that one differs is said once, not for each.
var namedElements = regexp.MustCompile(`(?i)\[name-\d+\]`)

func headerOf(exchange Exchange, header string) string {
	value, found := exchange.Headers[header]
	switch {
	case !found:
		return ""
	case header == "Content-Type":
		kind, _, _ := mime.ParseMediaType(value)
		return kind
	case header == "X-Ms-Failure-Cause":
		return value
	}
	return "present"
}

// shape has what is compared of each part of a document, by its path.
type shape map[string]string

func merged(a, b shape) shape {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// add adds what is at a path. The elements of a list are known by their category or name, so that their order does not
// count; the rows of a table are data.
func (s shape) add(path string, value any) {
	member := path[strings.LastIndex(path, ".")+1:]
	switch value := value.(type) {
	case nil:
		if path != "" {
			s[path] = "null"
		}
	case map[string]any:
		s[path] = "an object"
		for key, inner := range value {
			s.add(path+"."+strings.ReplaceAll(key, ".", "_"), inner)
		}
	case []any:
		s[path] = "a list"
		for _, element := range value {
			if member != "rows" {
				s.add(path+"["+keyOf(element)+"]", element)
			}
		}
	case string:
		s[path] = "a text"
		if enumerated.MatchString(member) || isID.MatchString(value) || value == notJSON {
			s[path] = value
		}
	case bool:
		s[path] = "a boolean"
		if strings.HasSuffix(path, "].enabled") {
			s[path] = fmt.Sprint(value)
		}
	case float64:
		s[path] = "a number"
	}
}

var isID = regexp.MustCompile(`(?i)^/{0,2}(?:subscriptions|providers)/`)

func keyOf(element any) string {
	members, _ := element.(map[string]any)
	category, _ := members["category"].(string)
	called, _ := members["name"].(string)
	return cmp.Or(category, called)
}

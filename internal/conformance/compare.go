package conformance

import (
	"cmp"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// comparedHeaders are those that a client acts on. The values of two of them are compared, and of the others whether
// they are there.
var comparedHeaders = map[string]bool{
	"Content-Type": true, "Retry-After": true, "Retry-After-Ms": true, "X-Ms-Retry-After-Ms": true, "Etag": true,
	"Location": true, "Azure-Asyncoperation": true, "Www-Authenticate": true, "X-Ms-Failure-Cause": true,
}

// differences says how two answers to one request differ. A body's differences are those of its shape, of the values
// of enumerated members and of resource ids, and of what is enabled. They are in no order.
func differences(transcript, simulated Exchange) []string {
	theirs := shape{"status": fmt.Sprint(transcript.Status)}
	ours := shape{"status": fmt.Sprint(simulated.Status)}
	if (transcript.Status < http.StatusBadRequest) == (simulated.Status < http.StatusBadRequest) {
		theirs.addAnswer(transcript)
		ours.addAnswer(simulated)
	} // else the statuses explain the rest
	var found []string
	both := maps.Clone(theirs)
	maps.Copy(both, ours)
	for path := range both {
		parent := path[:max(strings.LastIndexAny(path, ".["), 0)]
		switch {
		case theirs[path] == ours[path]:
		case parent != "" && (theirs[parent] == "" || ours[parent] == ""): // the whole of it is missing
		default:
			found = append(found, fmt.Sprintf("%s: %s in the transcript, %s from the simulator",
				namedElements.ReplaceAllString(path, "[]"), cmp.Or(theirs[path], "none"), cmp.Or(ours[path], "none")))
		}
	}
	return found
}

// namedElements are those of a list of settings: that one differs is said once, not for each.
var namedElements = regexp.MustCompile(`(?i)\[name-\d+\]`)

// shape has what is compared of each part of an answer, by its path, such as "body.value[AuditLogs].enabled".
type shape map[string]string

func (s shape) addAnswer(answer Exchange) {
	for header, value := range answer.Headers {
		switch {
		case header == "Content-Type":
			s["header "+header], _, _ = mime.ParseMediaType(fmt.Sprint(value))
		case header == "X-Ms-Failure-Cause":
			s["header "+header] = fmt.Sprint(value)
		case comparedHeaders[header]:
			s["header "+header] = "present"
		}
	}
	if answer.Body != nil {
		s.add("body", "", answer.Body)
	}
}

// add adds what is at a path, in a member. The elements of a list are known by their category or name, so that their
// order does not count; the rows of a table are data.
func (s shape) add(path, member string, value any) {
	switch value := value.(type) {
	case nil:
		s[path] = "null"
	case map[string]any:
		s[path] = "an object"
		for key, inner := range value {
			s.add(path+"."+strings.ReplaceAll(key, ".", "_"), key, inner)
		}
	case []any:
		s[path] = "a list"
		if member != "rows" {
			for _, element := range value {
				s.add(path+"["+keyOf(element)+"]", "", element)
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

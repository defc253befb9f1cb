package kql

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

type tokenKind int

const (
	endToken tokenKind = iota
	spaceToken
	datetimeToken
	nullToken
	timespanToken
	realToken
	longToken
	textToken
	nameToken
	symbolToken
	unknownToken
)

type token struct {
	kind      tokenKind
	text      string
	line, pos int
}

// is reports whether the token is the given word or symbol. A string literal with that content is not.
func (t token) is(text string) bool {
	return (t.kind == nameToken || t.kind == symbolToken) && t.text == text
}

func (t token) isOneOf(texts ...string) bool { return slices.ContainsFunc(texts, t.is) }

// keywords can't be names unless they are quoted, which is not supported
// (https://learn.microsoft.com/kusto/query/schema-entities/entity-names).
var keywords = []string{
	"and", "by", "datatable", "extend", "false", "in", "let", "or", "project", "summarize", "true", "union", "where",
}

func (t token) isName() bool { return t.kind == nameToken && !slices.Contains(keywords, t.text) }

var lexer = []struct {
	kind    tokenKind
	pattern *regexp.Regexp
}{
	{spaceToken, regexp.MustCompile(`^(?:\s|//[^\n]*)+`)},
	{nullToken, regexp.MustCompile(`^(?:long|real|bool|datetime|timespan)\(\s*null\s*\)`)},
	{datetimeToken, regexp.MustCompile(`^datetime\([^()"']*\)`)},
	{timespanToken, regexp.MustCompile(`^\d+(?:\.\d+)?(?:ms|[dhms])\b`)},
	{realToken, regexp.MustCompile(`^\d+\.\d+\b`)},
	{longToken, regexp.MustCompile(`^\d+\b`)},
	{textToken, regexp.MustCompile(`^(?:"(?:[^"\\\n]|\\["'\\nrt])*"|'(?:[^'\\\n]|\\["'\\nrt])*')`)},
	{nameToken, regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)},
	{symbolToken, regexp.MustCompile(`^(?:!in\b|==|!=|<=|>=|[|()\[\],:=<>+\-*/])`)},
}

// tokens splits a query. The last token is an endToken.
func tokens(text string) []token {
	var found []token
	next := token{line: 1}
	for text != "" {
		next.kind, next.text = firstToken(text)
		if next.kind != spaceToken {
			found = append(found, next)
		}
		if lines := strings.Count(next.text, "\n"); lines > 0 {
			next.line += lines
			next.pos = len(next.text) - strings.LastIndexByte(next.text, '\n') - 1
		} else {
			next.pos += len(next.text)
		}
		text = text[len(next.text):]
	}
	next.kind, next.text = endToken, ""
	return append(found, next)
}

func firstToken(text string) (tokenKind, string) {
	for _, rule := range lexer {
		if match := rule.pattern.FindString(text); match != "" {
			return rule.kind, match
		}
	}
	_, size := utf8.DecodeRuneInString(text)
	return unknownToken, text[:size]
}

// literal returns the value and the type of a literal.
func (t token) literal() (any, Kind, error) {
	switch t.kind {
	case textToken:
		return unescape.Replace(t.text[1 : len(t.text)-1]), String, nil
	case timespanToken:
		value, err := t.timespan()
		return value, Timespan, err
	case nullToken:
		kind, _, _ := strings.Cut(t.text, "(")
		return nil, Kind(kind), nil
	case datetimeToken:
		value, err := t.datetime()
		return value, Datetime, err
	case longToken:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return n, Long, nil
		}
		return nil, "", unsupported(t, "the number is too large")
	case realToken:
		if n, err := strconv.ParseFloat(t.text, 64); err == nil {
			return n, Real, nil
		}
		return nil, "", unsupported(t, "the number is too large")
	}
	if t.isOneOf("true", "false") {
		return t.is("true"), Bool, nil
	}
	return nil, "", unsupported(t, "expected a value")
}

var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\n`, "\n", `\r`, "\r", `\t`, "\t")

var units = map[string]time.Duration{
	"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond,
}

func (t token) timespan() (any, error) {
	number := strings.TrimRight(t.text, "dhms")
	n, err := strconv.ParseFloat(number, 64)
	length := n * float64(units[t.text[len(number):]])
	if err != nil || length >= math.MaxInt64 {
		return nil, unsupported(t, "timespans are limited to 106751 days")
	}
	return time.Duration(math.Round(length)), nil
}

func (t token) datetime() (any, error) {
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(t.text, "datetime("), ")"))
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if read, err := time.Parse(layout, text); err == nil {
			return read.UTC(), nil
		}
	}
	return nil, unsupported(t, "expected a time such as datetime(2026-01-31T23:59:59Z)")
}

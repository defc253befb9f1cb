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
	nullToken
	numberToken
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
	{spaceToken, regexp.MustCompile(`^\s+`)},
	{nullToken, regexp.MustCompile(`^(?:long|real|datetime)\(null\)`)},
	{numberToken, regexp.MustCompile(`^\d+[dhms]?\b`)},
	{textToken, regexp.MustCompile(`^"[^"\\\n]*"`)},
	{nameToken, regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)},
	{symbolToken, regexp.MustCompile(`^(?:==|[|()\[\],:=>\-/])`)},
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

// units are those of timespans. A number without one is a long.
var units = map[string]time.Duration{"": 1, "d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second}

// literal returns the value and the type of a literal.
func (t token) literal() (any, Kind, error) {
	switch t.kind {
	case textToken:
		return t.text[1 : len(t.text)-1], String, nil
	case nullToken:
		return nil, Kind(strings.TrimSuffix(t.text, "(null)")), nil
	case numberToken:
		digits := strings.TrimRight(t.text, "dhms")
		n, err := strconv.ParseInt(digits, 10, 64)
		unit := units[t.text[len(digits):]]
		if err != nil || n > math.MaxInt64/int64(unit) {
			return nil, "", unsupported(t, "the number is too large")
		}
		if digits == t.text {
			return n, Long, nil
		}
		return time.Duration(n) * unit, Timespan, nil
	default:
		return nil, "", unsupported(t, "expected a value")
	}
}

package azuresim

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenSpace
	tokenDatetime
	tokenTimespan
	tokenReal
	tokenLong
	tokenText
	tokenName
	tokenSymbol
	tokenUnknown
)

// token is a word of a query. Lines count from 1 and positions from 0, as those of recorded errors do (Log Analytics
// facts, section 1).
type token struct {
	kind      tokenKind
	text      string
	line, pos int
}

// is says whether the token is a certain word or symbol, which a string of that content is not.
func (t token) is(text string) bool {
	return (t.kind == tokenName || t.kind == tokenSymbol) && t.text == text
}

// syntaxError is a query that the simulator does not understand.
type syntaxError struct {
	at  token
	why string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("Query could not be parsed at '%s' on line [%d,%d] (the simulator: %s)", e.at.text, e.at.line, e.at.pos, e.why)
}

func notUnderstood(at token, why string, values ...any) error {
	return &syntaxError{at, fmt.Sprintf(why, values...)}
}

var lexer = []struct {
	kind    tokenKind
	pattern *regexp.Regexp
}{
	{tokenSpace, regexp.MustCompile(`^(?:\s|//[^\n]*)+`)},
	{tokenDatetime, regexp.MustCompile(`^datetime\([^()"']*\)`)},
	{tokenTimespan, regexp.MustCompile(`^\d+(?:\.\d+)?(?:ms|[dhms])\b`)},
	{tokenReal, regexp.MustCompile(`^\d+\.\d+\b`)},
	{tokenLong, regexp.MustCompile(`^\d+\b`)},
	{tokenText, regexp.MustCompile(`^(?:"(?:[^"\\\n]|\\["'\\nrt])*"|'(?:[^'\\\n]|\\["'\\nrt])*')`)},
	{tokenName, regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)},
	{tokenSymbol, regexp.MustCompile(`^(?:==|!=|<=|>=|[|()\[\],:=<>])`)},
}

// tokens splits a query into words. The last one is tokenEnd.
func tokens(text string) []token {
	var found []token
	next := token{line: 1}
	for text != "" {
		next.kind, next.text = word(text)
		if next.kind != tokenSpace {
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
	next.kind, next.text = tokenEnd, ""
	return append(found, next)
}

func word(text string) (tokenKind, string) {
	for _, rule := range lexer {
		if match := rule.pattern.FindString(text); match != "" {
			return rule.kind, match
		}
	}
	_, size := utf8.DecodeRuneInString(text)
	return tokenUnknown, text[:size]
}

func (t token) value() (any, error) {
	switch {
	case t.is("true"), t.is("false"):
		return t.is("true"), nil
	case t.kind == tokenText:
		return unescape.Replace(t.text[1 : len(t.text)-1]), nil
	case t.kind == tokenTimespan:
		return t.timespan()
	case t.kind == tokenDatetime:
		return t.datetime()
	case t.kind == tokenLong:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return n, nil
		}
		return nil, notUnderstood(t, "it is too large a number")
	case t.kind == tokenReal:
		if n, err := strconv.ParseFloat(t.text, 64); err == nil {
			return n, nil
		}
		return nil, notUnderstood(t, "it is too large a number")
	default:
		return nil, notUnderstood(t, "it expects a value")
	}
}

var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\n`, "\n", `\r`, "\r", `\t`, "\t")

var units = map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}

func (t token) timespan() (any, error) {
	number := strings.TrimRight(t.text, "dhms")
	n, err := strconv.ParseFloat(number, 64)
	length := n * float64(units[t.text[len(number):]])
	if err != nil || length >= math.MaxInt64 {
		return nil, notUnderstood(t, "it counts no more than 106751 days")
	}
	return time.Duration(math.Round(length)), nil
}

func (t token) datetime() (any, error) {
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(t.text, "datetime("), ")"))
	if text == "null" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if read, err := time.Parse(layout, text); err == nil {
			return read.UTC(), nil
		}
	}
	return nil, notUnderstood(t, "it reads times such as datetime(2026-01-31T23:59:59Z)")
}

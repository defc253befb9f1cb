package kql

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

type token = lexer.Token

// The grammar is the parser tags of these types: @ captures, and @@ is the grammar of the field's type.
type (
	pipeline struct {
		Union     token      `parser:"( @'union' 'isfuzzy' '=' 'true'"`
		Legs      []pipeline `parser:"    '(' @@ ')' ( ',' '(' @@ ')' )*"`
		Datatable *datatable `parser:"| @@"`
		Table     string     `parser:"| @Name )"`
		Operators []operator `parser:"( '|' @@ )*"`
	}
	datatable struct {
		Name    token     `parser:"@'datatable'"`
		Columns []Column  `parser:"'(' @@ ( ',' @@ )* ')'"`
		Values  []literal `parser:"'[' ( @@ ( ',' @@ )* )? ']'"`
	}
	literal struct {
		Token token `parser:"@( Text | Number | Null )"`
	}

	operator interface {
		name() string
		apply(s scope, from Table) Table
	}
	where struct {
		Name      token      `parser:"@'where'"`
		Condition expression `parser:"@@"`
	}
	compute struct {
		Name  token  `parser:"@( 'project' | 'extend' )"`
		Items []item `parser:"@@ ( ',' @@ )*"`
	}
	summarize struct {
		Name   token   `parser:"@'summarize'"`
		Totals []total `parser:"@@ ( ',' @@ )*"`
		By     *item   `parser:"( 'by' @@ )?"`
	}
	// item is a column to compute. Without a value it is the column of that name.
	item struct {
		Name  token       `parser:"@Name"`
		Value *expression `parser:"( '=' @@ )?"`
	}
	total struct {
		Name      token        `parser:"@Name '='"`
		Aggregate token        `parser:"@Name"`
		Arguments []expression `parser:"'(' ( @@ ( ',' @@ )* )? ')'"`
	}

	expression struct {
		First operand     `parser:"@@"`
		Rest  []operation `parser:"@@*"`
	}
	operation struct {
		Operator token   `parser:"@( 'or' | 'and' | '==' | '>' | 'in' | '-' | '/' )"`
		Right    operand `parser:"@@"`
	}
	operand struct {
		Inner     []expression `parser:"  '(' @@ ( ',' @@ )* ')'"` // several are the list of an in
		Literal   *literal     `parser:"| @@"`
		Name      token        `parser:"| @Name"`
		Call      bool         `parser:"  ( @'('"`
		Arguments []expression `parser:"    ( @@ ( ',' @@ )* )? ')' )?"`
	}
)

var parser = participle.MustBuild[pipeline](
	participle.Lexer(lexer.MustSimple([]lexer.SimpleRule{
		{Name: "space", Pattern: `\s+`},
		{Name: "Null", Pattern: `(?:real|datetime)\(null\)`},
		{Name: "Number", Pattern: `\d+[dhms]?\b`},
		{Name: "Text", Pattern: `"[^"\\\n]*"`},
		// Keywords can't be names unless they are quoted, which is not supported
		// (https://learn.microsoft.com/kusto/query/schema-entities/entity-names).
		{Name: "Keyword", Pattern: `(?:and|by|datatable|extend|false|in|let|or|project|summarize|true|union|where)\b`},
		{Name: "Name", Pattern: `[A-Za-z_]\w*`},
		{Name: "Symbol", Pattern: `==|.`},
	})),
	participle.Union[operator](where{}, compute{}, summarize{}),
)

// Parse parses a query. Its error is an *Error.
func Parse(text string) (Query, error) {
	root, err := parser.ParseString("", text)
	if bad, found := errors.AsType[participle.Error](err); found {
		at := token{Pos: bad.Position()}
		if unexpected, found := errors.AsType[*participle.UnexpectedTokenError](err); found {
			at = unexpected.Unexpected
		}
		return Query{}, unsupported(at, "%s", bad.Message())
	}
	return Query{root}, err
}

// units are those of timespans.
var units = map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}

// value resolves a literal. A number without a unit is a long.
func (l literal) value() value {
	text := l.Token.Value
	if text[0] == '"' {
		return constant(String, text[1:len(text)-1])
	}
	if kind, isNull := strings.CutSuffix(text, "(null)"); isNull {
		return constant(Kind(kind), nil)
	}
	unit, isTimespan := units[text[len(text)-1]]
	n, err := strconv.ParseInt(strings.TrimRight(text, "dhms"), 10, 64)
	if err != nil || isTimespan && n > math.MaxInt64/int64(unit) {
		panic(unsupported(l.Token, "the number is too large"))
	}
	if isTimespan {
		return constant(timespan, time.Duration(n)*unit)
	}
	return constant(Long, n)
}

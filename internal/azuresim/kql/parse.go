package kql

import "slices"

// pipeline is a source and the operators applied to it. The source is a table, a datatable or a union.
type pipeline struct {
	at        token
	table     string
	datatable *Table
	legs      []pipeline
	operators []operator
}

// operator is where, project, extend or summarize. The condition of where is its only item.
type operator struct {
	at    token
	items []item
	by    []item // of summarize
}

func (o operator) name() string { return o.at.text }

// item is a column to compute.
type item struct {
	name  string
	value expression
}

// expression is a literal, a column, or a call of a function or an operator with arguments.
type expression struct {
	at        token
	kind      Kind // of a literal, "" otherwise
	literal   any
	call      bool
	arguments []expression
}

func (p pipeline) tables(names []string) []string {
	if p.table != "" {
		names = append(names, p.table)
	}
	for _, leg := range p.legs {
		names = leg.tables(names)
	}
	return names
}

type parser struct {
	tokens []token
	depth  int // of parentheses
}

// maxDepth bounds the parser's stack.
const maxDepth = 50

// Parse parses a query. Its error is a *SyntaxError.
func Parse(text string) (Query, error) {
	p := &parser{tokens: tokens(text)}
	root, err := p.query()
	if err != nil {
		return Query{}, err
	}
	if last := p.peek(); last.kind != endToken {
		return Query{}, unsupported(last, "expected a | or the end")
	}
	return Query{root}, nil
}

func (p *parser) peek() token { return p.tokens[0] }

// next consumes a token. The end stays.
func (p *parser) next() token {
	first := p.tokens[0]
	if first.kind != endToken {
		p.tokens = p.tokens[1:]
	}
	return first
}

// accept consumes a word or a symbol if it comes next.
func (p *parser) accept(text string) bool {
	if !p.peek().is(text) {
		return false
	}
	p.next()
	return true
}

// expect consumes words and symbols that must come next.
func (p *parser) expect(texts ...string) error {
	for _, text := range texts {
		if next := p.next(); !next.is(text) {
			return unsupported(next, "expected %s", text)
		}
	}
	return nil
}

func (p *parser) name() (token, error) {
	next := p.next()
	if !next.isName() {
		return token{}, unsupported(next, "expected a name")
	}
	return next, nil
}

// list parses one or more elements separated by commas.
func list[T any](p *parser, element func() (T, error)) ([]T, error) {
	var elements []T
	for {
		one, err := element()
		if err != nil {
			return nil, err
		}
		elements = append(elements, one)
		if !p.accept(",") {
			return elements, nil
		}
	}
}

// inParentheses parses parentheses and what is inside.
func inParentheses[T any](p *parser, parse func() (T, error)) (T, error) {
	var nothing T
	opening := p.peek()
	if err := p.expect("("); err != nil {
		return nothing, err
	}
	if p.depth++; p.depth > maxDepth {
		return nothing, unsupported(opening, "parentheses are limited to %d levels", maxDepth)
	}
	inner, err := parse()
	if err != nil {
		return nothing, err
	}
	p.depth--
	return inner, p.expect(")")
}

func (p *parser) query() (pipeline, error) {
	parsed, err := p.source()
	for err == nil && p.accept("|") {
		var next operator
		next, err = p.operator()
		parsed.operators = append(parsed.operators, next)
	}
	return parsed, err
}

func (p *parser) source() (pipeline, error) {
	switch first := p.peek(); {
	case first.is("union"):
		return p.union()
	case first.is("datatable"):
		return p.datatable()
	default:
		name, err := p.name()
		return pipeline{at: name, table: name.text}, err
	}
}

func (p *parser) union() (pipeline, error) {
	parsed := pipeline{at: p.next()}
	err := p.expect("isfuzzy", "=", "true")
	if err == nil {
		parsed.legs, err = list(p, func() (pipeline, error) { return inParentheses(p, p.query) })
	}
	return parsed, err
}

func (p *parser) datatable() (pipeline, error) {
	at := p.next()
	columns, err := inParentheses(p, func() ([]Column, error) { return list(p, p.column) })
	if err != nil {
		return pipeline{}, err
	}
	if hasDuplicates(columns) {
		return pipeline{}, unsupported(at, "two columns have the same name")
	}
	if err := p.expect("["); err != nil {
		return pipeline{}, err
	}
	parsed := pipeline{at: at, datatable: &Table{Columns: columns}}
	if p.accept("]") {
		return parsed, nil
	}
	values, err := list(p, p.literal)
	if err != nil {
		return pipeline{}, err
	}
	if len(values)%len(columns) != 0 {
		return pipeline{}, unsupported(at, "%d values don't fill rows of %d columns", len(values), len(columns))
	}
	for row := range slices.Chunk(values, len(columns)) {
		var filled Row
		for i, value := range row {
			if value.kind != columns[i].Type {
				return pipeline{}, unsupported(value.at, "a %s in a column of type %s", value.kind, columns[i].Type)
			}
			filled.Values = append(filled.Values, value.literal)
		}
		parsed.datatable.Rows = append(parsed.datatable.Rows, filled)
	}
	return parsed, p.expect("]")
}

func (p *parser) column() (Column, error) {
	name, err := p.name()
	if err != nil {
		return Column{}, err
	}
	if err := p.expect(":"); err != nil {
		return Column{}, err
	}
	kind, err := p.name()
	if err == nil && !slices.Contains(kinds, Kind(kind.text)) {
		err = unsupported(kind, "the type is not supported")
	}
	return Column{name.text, Kind(kind.text)}, err
}

func (p *parser) operator() (operator, error) {
	parsed := operator{at: p.next()}
	var err error
	switch {
	case parsed.at.is("where"):
		var condition expression
		condition, err = p.expression()
		parsed.items = []item{{value: condition}}
	case parsed.at.isOneOf("project", "extend"):
		parsed.items, err = list(p, p.item)
	case parsed.at.is("summarize"):
		parsed.items, err = list(p, p.item)
		if err == nil && p.accept("by") {
			parsed.by, err = list(p, p.item)
		}
	default:
		err = unsupported(parsed.at, "the operators are where, project, extend and summarize")
	}
	return parsed, err
}

// item parses a name, with or without an expression for its column.
func (p *parser) item() (item, error) {
	name, err := p.name()
	if err != nil || !p.accept("=") {
		return item{name.text, expression{at: name}}, err
	}
	value, err := p.expression()
	return item{name.text, value}, err
}

// precedence lists the binary operators from the loosest to the tightest.
var precedence = [][]string{{"and"}, {"==", ">", "in"}, {"-"}, {"/"}}

func (p *parser) expression() (expression, error) { return p.binary(0) }

// binary parses operators of a level or tighter.
func (p *parser) binary(level int) (expression, error) {
	if level == len(precedence) {
		return p.primary()
	}
	left, err := p.binary(level + 1)
	for err == nil && p.peek().isOneOf(precedence[level]...) {
		at := p.next()
		right := make([]expression, 1)
		if at.is("in") {
			right, err = p.arguments()
		} else {
			right[0], err = p.binary(level + 1)
		}
		left = expression{at: at, call: true, arguments: append([]expression{left}, right...)}
	}
	return left, err
}

func (p *parser) primary() (expression, error) {
	first := p.peek()
	if first.is("(") {
		return inParentheses(p, p.expression)
	}
	if !first.isName() {
		return p.literal()
	}
	p.next()
	if !p.peek().is("(") {
		return expression{at: first}, nil
	}
	arguments, err := p.arguments()
	return expression{at: first, call: true, arguments: arguments}, err
}

func (p *parser) arguments() ([]expression, error) {
	return inParentheses(p, func() ([]expression, error) {
		if p.peek().is(")") {
			return nil, nil
		}
		return list(p, p.expression)
	})
}

func (p *parser) literal() (expression, error) {
	at := p.next()
	value, kind, err := at.literal()
	return expression{at: at, kind: kind, literal: value}, err
}

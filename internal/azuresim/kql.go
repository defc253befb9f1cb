package azuresim

import "slices"

// A small part of KQL, as ADX's documentation describes it: what a query for arrivals and the portal's own query
// for the last record need. Whatever else a query says is refused, never guessed at.
//
//	query      = source { "|" operator }
//	source     = table | "(" query ")" | "datatable" "(" column ":" type, ... ")" "[" literal, ... "]"
//	           | "union" [ "isfuzzy" "=" ("true" | "false") ] ( table | "(" query ")" ), ...
//	operator   = "where" expression | "project" name [ "=" expression ], ... | "extend" name "=" expression, ...
//	           | "summarize" [ name "=" ] ( "count()" | "countif(expression)" | "max(expression)" | "min(expression)" ), ...
//	expression = comparison { "and" comparison }
//	comparison = primary [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) primary ]
//	primary    = literal | column | function "(" expression, ... ")" | "(" expression ")"

// query is a source and what is done with its rows.
type query struct {
	source    source
	operators []operator
}

// source is a tableSource, a datatable, a union or a query.
type source interface {
	// read makes the rows. The operator that they are for words the error of a table that is missing.
	read(e *evaluation, operator string) (relation, error)
	// tables adds the names of the tables that it reads.
	tables(names map[string]bool)
}

// operator is one of where, project, extend and summarize.
type operator interface {
	name() string
	apply(c compiler, r relation) (relation, error)
}

// tableSource is a table by its name.
type tableSource string

// datatable is a table that the query itself spells out.
type datatable relation

// union is all rows of its legs.
type union struct {
	at    token
	fuzzy bool
	legs  []source
}

type (
	where     struct{ condition expression }
	project   []item
	extend    []item
	summarize []aggregate
)

// item is a column to be made.
type item struct {
	name  token
	value expression
}

// aggregate is a column that sums up all rows. count has no argument.
type aggregate struct {
	name     string
	function token
	argument *expression
}

// expression is a literal, a column, a call of a function, or two operands around an operator; its token says which.
type expression struct {
	at       token
	literal  any          // of a literal
	operands []expression // of an operator, or arguments
	call     bool
}

// kind is a type of KQL's.
type kind string

const (
	kindString   kind = "string"
	kindLong     kind = "long"
	kindReal     kind = "real"
	kindBool     kind = "bool"
	kindDatetime kind = "datetime"
	kindTimespan kind = "timespan"
)

// parser reads tokens from the first to the last.
type parser struct {
	tokens []token
	depth  int // of parentheses
}

// mostParentheses keeps the parser's stack small.
const mostParentheses = 50

// parse reads a whole query.
func parse(text string) (query, error) {
	p := &parser{tokens: tokens(text)}
	parsed, err := p.query()
	if err != nil {
		return query{}, err
	}
	if last := p.peek(); last.kind != tokenEnd {
		return query{}, notUnderstood(last, "it expects a | or the end")
	}
	return parsed, nil
}

func (p *parser) peek() token { return p.tokens[0] }

// next takes a token. The end stays.
func (p *parser) next() token {
	taken := p.tokens[0]
	if taken.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return taken
}

// accept takes a word or symbol if it comes next.
func (p *parser) accept(text string) bool {
	if !p.peek().is(text) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(text string) error {
	if taken := p.next(); !taken.is(text) {
		return notUnderstood(taken, "it expects %s", text)
	}
	return nil
}

func (p *parser) name() (token, error) {
	taken := p.next()
	if taken.kind != tokenName {
		return token{}, notUnderstood(taken, "it expects a name")
	}
	return taken, nil
}

// list reads elements between commas, at least one.
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

// inParentheses reads something and the closing parenthesis after it.
func inParentheses[T any](p *parser, read func() (T, error)) (T, error) {
	var nothing T
	if p.depth++; p.depth > mostParentheses {
		return nothing, notUnderstood(p.peek(), "it reads no more than %d parentheses within each other", mostParentheses)
	}
	inner, err := read()
	if err != nil {
		return nothing, err
	}
	p.depth--
	return inner, p.expect(")")
}

func (p *parser) query() (query, error) {
	source, err := p.source()
	if err != nil {
		return query{}, err
	}
	parsed := query{source: source}
	for p.accept("|") {
		operator, err := p.operator()
		if err != nil {
			return query{}, err
		}
		parsed.operators = append(parsed.operators, operator)
	}
	return parsed, nil
}

func (p *parser) source() (source, error) {
	first := p.peek()
	switch {
	case first.is("union"):
		return p.union()
	case first.is("datatable"):
		return p.datatable()
	default:
		return p.leg()
	}
}

// leg reads a table or a query in parentheses.
func (p *parser) leg() (source, error) {
	if p.accept("(") {
		return inParentheses(p, p.query)
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if p.peek().is("(") {
		return nil, notUnderstood(name, "it knows no functions that make tables")
	}
	return tableSource(name.text), nil
}

func (p *parser) union() (source, error) {
	parsed := union{at: p.next()}
	if p.accept("isfuzzy") {
		if err := p.expect("="); err != nil {
			return nil, err
		}
		value := p.next()
		if !value.is("true") && !value.is("false") {
			return nil, notUnderstood(value, "it expects true or false")
		}
		parsed.fuzzy = value.is("true")
	}
	var err error
	parsed.legs, err = list(p, p.leg)
	return parsed, err
}

func (p *parser) datatable() (source, error) {
	at := p.next()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	columns, err := inParentheses(p, func() ([]column, error) { return list(p, p.column) })
	if err != nil {
		return nil, err
	}
	if hasTwins(columns) {
		return nil, notUnderstood(at, "two columns have one name")
	}
	if err := p.expect("["); err != nil {
		return nil, err
	}
	parsed := datatable{columns: columns}
	if p.accept("]") {
		return parsed, nil
	}
	values, err := list(p, p.literal)
	if err != nil {
		return nil, err
	}
	if len(values)%len(columns) != 0 {
		return nil, notUnderstood(at, "%d values do not fill rows of %d columns", len(values), len(columns))
	}
	for chunk := range slices.Chunk(values, len(columns)) {
		filled, err := fill(columns, chunk)
		if err != nil {
			return nil, err
		}
		parsed.rows = append(parsed.rows, filled)
	}
	return parsed, p.expect("]")
}

func (p *parser) column() (column, error) {
	name, err := p.name()
	if err != nil {
		return column{}, err
	}
	if err := p.expect(":"); err != nil {
		return column{}, err
	}
	of, err := p.name()
	if err != nil {
		return column{}, err
	}
	if !slices.Contains([]kind{kindString, kindLong, kindReal, kindBool, kindDatetime, kindTimespan}, kind(of.text)) {
		return column{}, notUnderstood(of, "it knows no such type")
	}
	return column{name.text, kind(of.text)}, nil
}

// fill makes a row of literals, which must be of the columns' types. A whole number is also a real one.
func fill(columns []column, values []expression) (row, error) {
	var filled row
	for i, value := range values {
		is := kindOf(value)
		whole, isLong := value.literal.(int64)
		if columns[i].Type == kindReal && isLong {
			is, value.literal = kindReal, float64(whole)
		}
		if is != columns[i].Type {
			return row{}, notUnderstood(value.at, "a %s for a column of type %s", is, columns[i].Type)
		}
		filled.values = append(filled.values, value.literal)
	}
	return filled, nil
}

func (p *parser) operator() (operator, error) {
	at := p.next()
	switch {
	case at.is("where"):
		condition, err := p.expression()
		return where{condition}, err
	case at.is("project"):
		items, err := list(p, func() (item, error) { return p.item(true) })
		return project(items), err
	case at.is("extend"):
		items, err := list(p, func() (item, error) { return p.item(false) })
		return extend(items), err
	case at.is("summarize"):
		aggregates, err := list(p, p.aggregate)
		if by := p.peek(); err == nil && by.is("by") {
			err = notUnderstood(by, "it knows summarize without by only")
		}
		return summarize(aggregates), err
	default:
		return nil, notUnderstood(at, "it knows the operators where, project, extend and summarize")
	}
}

// item reads a new column; a column that exists can do without a value where that is allowed.
func (p *parser) item(mayBare bool) (item, error) {
	name, err := p.name()
	if err != nil {
		return item{}, err
	}
	if next := p.peek(); mayBare && (next.is(",") || next.is("|") || next.is(")") || next.kind == tokenEnd) {
		return item{name, expression{at: name}}, nil
	}
	if err := p.expect("="); err != nil {
		return item{}, err
	}
	value, err := p.expression()
	return item{name, value}, err
}

func (p *parser) aggregate() (aggregate, error) {
	function, err := p.name()
	if err != nil {
		return aggregate{}, err
	}
	parsed := aggregate{function: function}
	if p.accept("=") {
		parsed.name = function.text
		if parsed.function, err = p.name(); err != nil {
			return aggregate{}, err
		}
	}
	if err := p.expect("("); err != nil {
		return aggregate{}, err
	}
	switch parsed.function.text {
	case "count":
		err = p.expect(")")
	case "countif", "max", "min":
		var argument expression
		argument, err = inParentheses(p, p.expression)
		parsed.argument = &argument
	default:
		err = notUnderstood(parsed.function, "it knows the aggregates count, countif, max and min")
	}
	if parsed.name == "" {
		parsed.name = parsed.givenName()
	}
	return parsed, err
}

// givenName is the name of a column that the query gives none: count_, or max_ and the column.
func (a aggregate) givenName() string {
	name := a.function.text + "_"
	if a.argument != nil && a.argument.isColumn() && a.function.text != "countif" {
		name += a.argument.at.text
	}
	return name
}

func (p *parser) expression() (expression, error) {
	left, err := p.comparison()
	for err == nil && p.peek().is("and") {
		at := p.next()
		var right expression
		right, err = p.comparison()
		left = expression{at: at, operands: []expression{left, right}}
	}
	return left, err
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func (p *parser) comparison() (expression, error) {
	left, err := p.primary()
	if err != nil || p.peek().kind != tokenSymbol || !slices.Contains(comparisons, p.peek().text) {
		return left, err
	}
	at := p.next()
	right, err := p.primary()
	return expression{at: at, operands: []expression{left, right}}, err
}

func (p *parser) primary() (expression, error) {
	if p.accept("(") {
		return inParentheses(p, p.expression)
	}
	first := p.peek()
	if first.kind != tokenName || first.is("true") || first.is("false") {
		return p.literal()
	}
	p.next()
	if !p.accept("(") {
		return expression{at: first}, nil
	}
	if p.accept(")") {
		return expression{at: first, call: true}, nil
	}
	arguments, err := inParentheses(p, func() ([]expression, error) { return list(p, p.expression) })
	return expression{at: first, call: true, operands: arguments}, err
}

// literal reads a value. Only datetime(null) is a null.
func (p *parser) literal() (expression, error) {
	at := p.next()
	value, err := at.value()
	return expression{at: at, literal: value}, err
}

package conformance

import (
	"regexp"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// isPublic says whether a text may stay in a transcript: each of its words ("Sign", "In" and "Logs" in SignInLogs) is
// in the vocabulary.
func isPublic(text string) bool {
	for _, word := range words.FindAllString(text, -1) {
		if len(word) > 1 && !vocabulary()[strings.ToLower(word)] {
			return false
		}
	}
	return true
}

var words = regexp.MustCompile(`\p{Lu}+\p{Ll}*|\p{Ll}+|\d+|[^\p{Lu}\p{Ll}\d\x00-\x7f]+`)

// vocabulary is the words below and those of the names of all log categories and their tables.
var vocabulary = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, category := range entralogs.All() {
		for _, word := range words.FindAllString(category.Name+" "+category.Table, -1) {
			known[strings.ToLower(word)] = true
		}
	}
	for word := range strings.FieldsSeq(publicWords) {
		known[word] = true
	}
	return known
})

// publicWords are those of Azure's paths, documents, headers and messages. None is likely to tell anything of a
// tenant. A word that is missing only makes a transcript less telling.
const publicWords = `
a aadiam about above accept accepted access account action active activedirectory ad address administrator after again
age ago ai all allow allowed already also an analysis analytics and another any api app application applied apply
archive are argument as assertion assigned assignment asyncoperation at attempt audience audiences authenticate
authentication authority authorization authorize authorized auxiliary available azure back bad basic be bearer because
been before begin being below beside between body bool both bus but by bypass cache call called caller can cannot
capability capping case categories category cause cc certificate challenge change changed changes char characters
charset check checksum claims client clients clock cloud coalesce code column columns com combination common complete
completed condition config configuration configured conflict connect connection connector consent consented contact
contains content context continue control cookie core correct correlation cost could count countif country create
created credential credentials cross current custom customer daily data database datatable date datetime day days
deadline default definition delay delete deleted demand denied deny description deserialized destination destinations
detail details diagnostic diagnostics different directory disable disabled discovery do document documentation does
doesn domain done due duration dynamic e each either email enable enabled encoding end endpoint endpoints ends engine
ensure entity entra entry environment error errors essential etag evaluated evaluation event eventhubs events ex exact
exactly exceeded except exception exclude exist existing exists exp expect expected expire expired expires expiry
expression extend extended factor fail failed failure false feature features federated few field fields file find first
fix flow following for forbidden force form format found free from fully function fuzzy gateway gb generated get github
given global go good grant granted graph group groups guid had has have having header headers health hidden higher
history host hour hours how however html http https hub hubs id ident identifier identities identity if iff ignore
implicit in include included including incorrect index info information ingested ingestion inner innererror input
insights install installed instance instead insufficient int integer internal internet invalid io is isfuzzy iss issue
issued issuer it item items its join json just jwt keep key kind known kusto language last latency later latest least
length less level licence license like limit limits line link linked list lists location lock log loganalytics login
logs long longer made make making managed management mandatory many marketplace match max maximum may member members
merge message messages metadata method metrics microsoft microsoftazure microsoftgraph microsoftonline min minimum
minute minutes missing mode model modified monitor month more most ms multiple must name named names namespace
namespaces need needs network networking new newer next nil no none nosniff not notification notifications now nsp null
number oauth object of off old older on once one only onmicrosoft openid openidconnect operand operation operational
operationalinsights operations operator option options or order origin original other our out over own owner page
parameter parameters parse part partial partner password patch path percentile perform perimeter period permission
permissions place plan platform please point policies policy pos position post prefer preference present preview
previous primary principal private processed processing profile project properties property protocol provide provided
provider providers provisioning public purge purpose put quantity queries query quota range rate ratelimit reached read
reader reads real realm reason receive received recently recognition record records redirect refer reference referenced
refresh region register registered registration related remaining remote remove removed reported request requested
requests require required requires reset resolve resource resourcegroups resourcemanager resources respect response
responses result results retention retried retries retry return returned reused revoked right role roles root routing
row rows rule rules running same scalar schema scope search second secondary seconds secret section secure security see
semantic send sentinel server service servicebus services set setting settings severity shape should sign signature
signing silent simulator since single sink sinks size skip sku so solution solutions some something source sources span
specified specify split standard start started state statement statistics status still stop storage store stream strict
string sts sub subject subscription subscriptions subtype succeeded success such sum sumif summarize support supported
suspended syn syntax system table tables tag tags take target template tenant tenants text than that the their them then
there these they this those throttled throttling through tid time timed timeout times timespan timestamp to together
token tokens too total transfer transport tried true trust try trying two type types unable unauthorized under
unexpected union unique unit unknown unless unlimited unrecognized unsupported until unused up update updated upn upper
uri url urlencoded us usage use used user users using utc utf valid validate validation value values variable
verification verify verifying version versions via volume wait want warning was way we week well went were what when
where which while who why will windows with within without word words work workspace workspaces would write writes
writing written wrong www xms you your
`

package azuresim

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// statuses makes the same request several times.
func (w *world) statuses(times int, path string) []int {
	w.t.Helper()
	var got []int
	for range times {
		status, _ := w.call(http.MethodGet, path+stable, "")
		got = append(got, status)
	}
	return got
}

func TestWhichRequestsAreStruck(t *testing.T) {
	for name, test := range map[string]struct {
		fault Fault
		path  string
		want  []int
	}{
		"the first":            {Fault{Status: 503}, settings, []int{503, 200, 200, 200}},
		"the third and fourth": {Fault{Status: 503, Skip: 2, Times: 2}, settings, []int{200, 200, 503, 503}},
		"a part of the path":   {Fault{Status: 503, Path: "/DIAGNOSTICSettings"}, settings + "/x", []int{503, 200, 200, 200}},
		"the end of the path":  {Fault{Status: 503, PathEnd: "/diagnosticsettings"}, settings, []int{503, 200, 200, 200}},
		"not the end of the path": {
			Fault{Status: 503, PathEnd: "/diagnosticsettings"}, settings + "/x", []int{200, 200, 200, 200},
		},
		"another method": {Fault{Status: 503, Method: http.MethodPut}, settings, []int{200, 200, 200, 200}},
		"another tenant": {Fault{Status: 503, Tenant: "other"}, settings, []int{200, 200, 200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.tenant.PutSetting("x", auditLogs()); err != nil {
				t.Fatal(err)
			}
			w.sim.AddFault(test.fault)
			w.sim.ForgetRequests()
			if got := w.statuses(4, test.path); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			for i, e := range w.sim.Requests() {
				if e.Struck != (test.want[i] == 503) {
					t.Errorf("the log says that request %d was struck: %v", i+1, e.Struck)
				}
			}
		})
	}
}

// A fault that lets a request through leaves it to those after it.
func TestFaultsInARow(t *testing.T) {
	w := newWorld(t)
	w.sim.AddFault(Fault{Status: 500, Skip: 1})
	w.sim.AddFault(Fault{Status: 503})
	if got := w.statuses(3, settings); !slices.Equal(got, []int{503, 500, 200}) {
		t.Errorf("%v", got)
	}
	w.sim.AddFault(Fault{Status: 503, Times: 5})
	w.sim.ForgetFaults()
	if got := w.statuses(1, settings); !slices.Equal(got, []int{200}) {
		t.Errorf("after they are forgotten: %v", got)
	}
}

// Somebody may answer in the service's place, whether the request reached it or not.
func TestAnAnswerInPlaceOfTheServices(t *testing.T) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t)
		w.sim.AddFault(Fault{
			Method: http.MethodPut, Status: 200, Applied: applied,
			Headers: map[string]string{"X-Proxy": "yes"}, RetryAfter: 2, ContentType: "text/html", Body: "<html>",
		})
		response, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode != 200 || string(text) != "<html>" || response.Header.Get("X-Proxy") != "yes" ||
			response.Header.Get("Retry-After") != "2" ||
			response.Header.Get("Content-Type") != "text/html" {
			t.Errorf("%s %v %q", response.Status, response.Header, text)
		}
		if _, exists := w.tenant.Setting("x"); exists != applied {
			t.Errorf("applied %v: the setting exists: %v", applied, exists)
		}
	}
}

// renewToken signs in with claims.
func (w *world) renewToken(claims string) {
	w.t.Helper()
	_, answer := w.requestToken(tenantID, url.Values{
		"client_id": {"app"}, "client_secret": {"secret"}, "scope": {Audience + "/.default"}, "claims": {claims},
	})
	w.token, _ = answer["access_token"].(string)
}

func TestATokenThatIsNoLongerAccepted(t *testing.T) {
	for how, want := range map[string]struct{ code, challenge string }{
		"invalid": {"InvalidAuthenticationToken", `^Bearer authorization_uri="https://.*", error="invalid_token"`},
		"expired": {
			"ExpiredAuthenticationToken",
			`error_description="The access token expiry UTC time '\d+/\d+/\d{4} \d+:\d\d:\d\d [AP]M' is earlier than`,
		},
	} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.sim.AddFault(Fault{PathEnd: settings, Token: how, Skip: 1})
			if got := w.statuses(3, settings); !slices.Equal(got, []int{200, 401, 401}) {
				t.Errorf("%v", got)
			}
			response, err := w.do(http.MethodGet, settings+stable, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			challenge := response.Header.Get("Www-Authenticate")
			_, answer := w.read(response, nil)
			if refusal, _ := answer["error"].(map[string]any); refusal["code"] != want.code ||
				!regexp.MustCompile(want.challenge).MatchString(challenge) {
				t.Errorf("%v with the challenge %s", answer, challenge)
			}
			spoiled := w.sim.Requests()[1].TokenID
			w.renewToken("")
			if got := w.statuses(1, settings); !slices.Equal(got, []int{200}) {
				t.Errorf("another token: %v", got)
			}
			log := w.sim.Requests()
			if last := log[len(log)-1].TokenID; last == spoiled || last == "" {
				t.Errorf("the tokens are %q and %q", spoiled, last)
			}
		})
	}
}

func TestClaimsAreDemanded(t *testing.T) {
	w := newWorld(t)
	w.sim.AddFault(Fault{PathEnd: settings, Token: "insufficient"})
	response, err := w.do(http.MethodGet, settings+stable, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(
		`^Bearer realm="", authorization_uri="https://.*", error="insufficient_claims", claims="([^"]+)"$`,
	).FindStringSubmatch(response.Header.Get("Www-Authenticate"))
	if response.StatusCode != 401 || found == nil {
		t.Fatalf("%s, %v", response.Status, response.Header)
	}
	claims, err := base64.StdEncoding.DecodeString(found[1])
	if err != nil {
		t.Fatal(err)
	}
	w.renewToken("")
	if got := w.statuses(1, settings); !slices.Equal(got, []int{401}) {
		t.Errorf("a token without the claims: %v", got)
	}
	const began = `{"access_token":{`
	w.renewToken(strings.Replace(string(claims), began, began+`"xms_cc":{"values":["CP1"]},`, 1))
	if got := w.statuses(1, settings); !slices.Equal(got, []int{200}) {
		t.Errorf("a token with them: %v", got)
	}
}

func TestQueriesTakeNoSpoiledToken(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	w.sim.AddFault(Fault{PathEnd: "/query", Token: "insufficient"})
	if status, answer := w.ask("AuditLogs"); status != http.StatusUnauthorized || answer["error"] == nil {
		t.Errorf("%d %v", status, answer)
	}
	log := w.sim.Requests()
	challenge := log[len(log)-1].ResponseHeaders.Get("Www-Authenticate")
	if !strings.Contains(challenge, "insufficient_claims") {
		t.Errorf("the challenge is %q", challenge)
	}
}

func TestShortLivedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tenant.ChangeTokens(TokenBehaviour{Life: time.Second})
		_, answer := w.signIn(tenantID, "app", "secret")
		w.token, _ = answer["access_token"].(string)
		if answer["expires_in"] != 1.0 {
			t.Errorf("it says to last %v seconds", answer["expires_in"])
		}
		if got := w.statuses(1, settings); !slices.Equal(got, []int{200}) {
			t.Errorf("at first: %v", got)
		}
		time.Sleep(2 * time.Second)
		status, answer := w.call(http.MethodGet, settings+stable, "")
		if refusal, _ := answer["error"].(map[string]any); status != 401 || refusal["code"] != "ExpiredAuthenticationToken" {
			t.Errorf("later: %d %v", status, answer)
		}
	})
}

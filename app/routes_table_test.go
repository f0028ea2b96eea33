package app_test

import (
	"strings"

	"github.com/google/uuid"

	"levqor/app/apptest"
)

// door says who may come in.
type door int

const (
	open door = iota // anybody
	self             // a signed-in person, about themselves
	shut             // only its being shut to strangers is tried: a stream that does not end, and what `levqor dev` alone has, for everybody
	view             // from here on: members, by what their role may do
	operate
	manage
	owner
	staff // Levqor's own people
)

// row is one route: its door, the thing in its address, and what is sent to it, so
// that a refusal is not one of the form; @ in it is the thing.
type row struct {
	door  door
	thing func(apptest.Things) uuid.UUID
	form  []string
}

var (
	aBackup     = func(t apptest.Things) uuid.UUID { return t.Backup }
	aDownload   = func(t apptest.Things) uuid.UUID { return t.Download }
	aDrill      = func(t apptest.Things) uuid.UUID { return t.Drill }
	aHold       = func(t apptest.Things) uuid.UUID { return t.Hold }
	aPlan       = func(t apptest.Things) uuid.UUID { return t.Plan }
	aRestore    = func(t apptest.Things) uuid.UUID { return t.Restore }
	aSnapshot   = func(t apptest.Things) uuid.UUID { return t.Snapshot }
	aSource     = func(t apptest.Things) uuid.UUID { return t.Source }
	aTest       = func(t apptest.Things) uuid.UUID { return t.SourceTest }
	aVault      = func(t apptest.Things) uuid.UUID { return t.Vault }
	aVaultSetup = func(t apptest.Things) uuid.UUID { return t.VaultSetup }
	anInvite    = func(t apptest.Things) uuid.UUID { return t.Invitation }
	aMember     = func(t apptest.Things) uuid.UUID { return t.Member }
	aSession    = func(t apptest.Things) uuid.UUID { return t.Session }
	aToken      = func(t apptest.Things) uuid.UUID { return t.Token }
	aCredential = func(t apptest.Things) uuid.UUID { return t.Credential }
	aRun        = func(t apptest.Things) uuid.UUID { return t.Run }
	aWorkflow   = func(t apptest.Things) uuid.UUID { return t.Workflow }
	aWorkspace  = func(t apptest.Things) uuid.UUID { return t.Workspace }
)

// fill puts the thing into address and form; what is left is a name that nobody has.
func (r row) fill(path string, things apptest.Things) (filled string, form []string) {
	for _, value := range r.form {
		if value == "@" {
			value = r.thing(things).String()
		}
		form = append(form, value)
	}
	if r.thing != nil {
		path = strings.Replace(path, ":id", r.thing(things).String(), 1)
	}
	path = strings.Replace(path, ":number", "1", 1)
	path = strings.Replace(path, "/templates/:name", "/templates/site_check", 1)
	for _, name := range []string{":id", ":token", ":topic", "*"} {
		path = strings.Replace(path, name, "nothing", 1)
	}
	return path, form
}

// routes is every route in URL order: a new one needs its row.
var routes = map[string]row{
	"GET /":                                       {door: view},
	"CONNECT /admin/jobs":                         {door: staff},
	"CONNECT /admin/jobs/*":                       {door: staff},
	"DELETE /admin/jobs":                          {door: staff},
	"DELETE /admin/jobs/*":                        {door: staff},
	"GET /admin/jobs":                             {door: staff},
	"GET /admin/jobs/*":                           {door: staff},
	"OPTIONS /admin/jobs":                         {door: staff},
	"OPTIONS /admin/jobs/*":                       {door: staff},
	"PATCH /admin/jobs":                           {door: staff},
	"PATCH /admin/jobs/*":                         {door: staff},
	"POST /admin/jobs":                            {door: staff},
	"POST /admin/jobs/*":                          {door: staff},
	"PUT /admin/jobs":                             {door: staff},
	"PUT /admin/jobs/*":                           {door: staff},
	"TRACE /admin/jobs":                           {door: staff},
	"TRACE /admin/jobs/*":                         {door: staff},
	"GET /admin/recovery":                         {door: staff},
	"POST /admin/recovery":                        {door: staff},
	"POST /admin/recovery/dumps":                  {door: staff},
	"POST /admin/recovery/kits":                   {door: staff},
	"POST /admin/recovery/mails/:id/sendings":     {door: staff},
	"POST /admin/recovery/releases":               {door: staff},
	"GET /api/openapi.json":                       {door: open},
	"GET /api/openapi.yaml":                       {door: open},
	"GET /approvals":                              {door: view},
	"GET /clock":                                  {door: view},
	"POST /clock/confirmations":                   {door: manage},
	"GET /backups":                                {door: view},
	"GET /backups/:id":                            {view, aBackup, nil},
	"GET /confirm":                                {door: self},
	"POST /confirm":                               {door: self},
	"POST /confirm/codes":                         {door: self},
	"GET /drills":                                 {door: view},
	"POST /drills":                                {door: operate},
	"GET /drills/:id":                             {view, aDrill, nil},
	"GET /drills/:id/proof.json":                  {view, aDrill, nil},
	"GET /favicon.ico":                            {door: open},
	"GET /forms/:token":                           {door: open},
	"POST /forms/:token":                          {door: open},
	"GET /forms/:token/thanks":                    {door: open},
	"GET /healthz":                                {door: open},
	"GET /help":                                   {door: self},
	"GET /help/:topic":                            {door: self},
	"POST /holds":                                 {operate, aSnapshot, []string{"id", "@", "reason", "x"}},
	"POST /holds/:id/releases":                    {manage, aHold, nil},
	"GET /invitations/:token":                     {door: self},
	"POST /invitations/:token":                    {door: self},
	"POST /hooks/:token":                          {door: open},
	"POST /hooks/runs/:token":                     {door: open},
	"GET /live":                                   {door: shut},
	"GET /metrics":                                {door: open},
	"GET /notifications":                          {door: view},
	"GET /notifications/bell":                     {door: view},
	"POST /notifications/reads":                   {view, nil, []string{"up_to", "2026-11-24T10:40:00Z"}},
	"GET /outbox":                                 {door: shut},
	"GET /outbox/:id":                             {door: shut},
	"GET /outbox/:id/html":                        {door: shut},
	"GET /palette":                                {door: view},
	"POST /plans/:id":                             {manage, aPlan, []string{"every_minutes", "360", "time_zone", "UTC", "rpo_minutes", "360", "rto_minutes", "720"}},
	"POST /plans/:id/backups":                     {operate, aPlan, nil},
	"POST /plans/:id/deletions":                   {manage, aPlan, nil},
	"POST /plans/:id/drills":                      {operate, aPlan, nil},
	"POST /plans/:id/pauses":                      {operate, aPlan, nil},
	"POST /plans/:id/resumptions":                 {operate, aPlan, nil},
	"GET /plans/:id/retention":                    {view, aPlan, nil},
	"POST /plans/:id/undos":                       {manage, aPlan, nil},
	"POST /plans/:id/retention":                   {manage, aPlan, []string{"keep.daily_days", "7", "revision", "1"}},
	"GET /plans/:id/settings":                     {manage, aPlan, nil},
	"GET /readyz":                                 {door: open},
	"GET /restores":                               {door: view},
	"GET /restores/:id":                           {view, aRestore, nil},
	"GET /restores/:id/download.zip":              {operate, aDownload, nil},
	"GET /runs":                                   {door: view},
	"GET /runs/:id":                               {view, aRun, nil},
	"POST /runs/:id/cancellations":                {operate, aRun, nil},
	"POST /runs/:id/decisions":                    {operate, aRun, []string{"key", "post", "answer", "approve"}},
	"POST /runs/:id/replays":                      {operate, aRun, []string{"input", "{}"}},
	"GET /runs/:id/replays/new":                   {operate, aRun, nil},
	"POST /runs/:id/retries":                      {operate, aRun, nil},
	"POST /runs/:id/steps/cancellations":          {operate, aRun, []string{"key", "d"}},
	"GET /settings":                               {door: self},
	"POST /settings":                              {door: self},
	"POST /settings/appearance":                   {door: self},
	"GET /settings/audit":                         {door: manage},
	"GET /settings/credentials":                   {door: view},
	"POST /settings/credentials":                  {manage, nil, []string{"name", "x", "kind", "bearer", "host", "x.example", "secret", "x"}},
	"POST /settings/credentials/:id/deletions":    {manage, aCredential, nil},
	"POST /settings/invitations":                  {door: manage},
	"POST /settings/invitations/:id/revocations":  {manage, anInvite, nil},
	"POST /settings/invitations/:id/sendings":     {manage, anInvite, nil},
	"GET /settings/keys":                          {door: self},
	"GET /settings/members":                       {door: view},
	"POST /settings/members/:id/removals":         {manage, aMember, nil},
	"POST /settings/members/:id/roles":            {manage, aMember, []string{"role", "viewer"}},
	"GET /settings/sessions":                      {door: self},
	"POST /settings/sessions/:id/revocations":     {self, aSession, nil},
	"POST /settings/sessions/revocations":         {door: self},
	"GET /settings/tokens":                        {door: manage},
	"POST /settings/tokens":                       {door: manage},
	"POST /settings/tokens/:id/revocations":       {manage, aToken, nil},
	"GET /settings/workspace":                     {door: view},
	"POST /settings/workspace":                    {door: manage},
	"GET /sign-in":                                {door: open},
	"POST /sign-in":                               {door: open},
	"GET /sign-in/:token":                         {door: open},
	"POST /sign-in/:token":                        {door: open},
	"GET /sign-in/codes":                          {door: open},
	"POST /sign-in/codes":                         {door: open},
	"POST /sign-out":                              {door: open},
	"GET /snapshots":                              {door: view},
	"GET /snapshots/:id":                          {view, aSnapshot, nil},
	"GET /snapshots/:id/changes":                  {view, aSnapshot, nil},
	"POST /snapshots/:id/deletions":               {manage, aSnapshot, nil},
	"GET /snapshots/:id/download.zip":             {view, aSnapshot, nil},
	"POST /snapshots/:id/download.zip":            {view, aSnapshot, []string{"path", "x"}},
	"POST /snapshots/:id/drills":                  {operate, aSnapshot, nil},
	"GET /snapshots/:id/files":                    {view, aSnapshot, nil},
	"GET /snapshots/:id/files/download":           {view, aSnapshot, nil},
	"POST /snapshots/:id/holds":                   {operate, aSnapshot, []string{"reason", "x"}},
	"POST /snapshots/:id/restores":                {operate, aSnapshot, []string{"kind", "download"}},
	"POST /snapshots/:id/restores/checks":         {operate, aSnapshot, []string{"kind", "download"}},
	"GET /snapshots/:id/restores/new":             {operate, aSnapshot, nil},
	"GET /source-tests/:id":                       {view, aTest, nil},
	"GET /sources":                                {door: view},
	"POST /sources":                               {door: manage},
	"GET /sources/:id":                            {view, aSource, nil},
	"POST /sources/:id":                           {manage, aSource, []string{"name", "x", "path", "/x"}},
	"POST /sources/:id/deletions":                 {manage, aSource, nil},
	"POST /sources/:id/plans":                     {manage, aSource, nil},
	"GET /sources/:id/plans/new":                  {manage, aSource, nil},
	"GET /sources/:id/plans/preview":              {view, aSource, nil},
	"GET /sources/:id/settings":                   {manage, aSource, nil},
	"POST /sources/:id/tests":                     {operate, aSource, nil},
	"GET /sources/new":                            {door: manage},
	"POST /sources/:id/undos":                     {manage, aSource, nil},
	"POST /sources/sample":                        {door: manage},
	"GET /static/*":                               {door: open},
	"GET /tasks/:id":                              {view, aBackup, nil},
	"POST /tasks/:id/cancellations":               {operate, aRestore, nil},
	"GET /templates":                              {door: view},
	"GET /templates/:name":                        {door: view},
	"POST /templates/:name":                       {manage, nil, nil},
	"GET /vault-tasks/:id":                        {view, aVaultSetup, nil},
	"GET /vaults":                                 {door: view},
	"POST /vaults":                                {door: manage},
	"GET /vaults/:id":                             {view, aVault, nil},
	"POST /vaults/:id":                            {manage, aVault, []string{"name", "x", "revision", "1"}},
	"POST /vaults/:id/deletions":                  {manage, aVault, nil},
	"GET /vaults/:id/recovery-kit":                {manage, aVault, nil},
	"POST /vaults/:id/recovery-kits":              {manage, aVault, nil},
	"GET /vaults/:id/settings":                    {manage, aVault, nil},
	"POST /vaults/:id/setups":                     {manage, aVault, nil},
	"POST /vaults/:id/upkeeps":                    {operate, aVault, nil},
	"GET /vaults/new":                             {door: manage},
	"GET /workflows":                              {door: view},
	"GET /workflows/:id":                          {view, aWorkflow, nil},
	"POST /workflows/:id":                         {manage, aWorkflow, []string{"name", "x"}},
	"POST /workflows/:id/deletions":               {manage, aWorkflow, nil},
	"GET /workflows/:id/figures":                  {view, aWorkflow, nil},
	"POST /workflows/:id/ops":                     {manage, aWorkflow, []string{"revision", "1", "op", "delete", "id", "tell"}},
	"POST /workflows/:id/pauses":                  {operate, aWorkflow, nil},
	"POST /workflows/:id/pins":                    {manage, aWorkflow, []string{"revision", "1", "step", "tell"}},
	"POST /workflows/:id/redo":                    {manage, aWorkflow, []string{"revision", "1"}},
	"POST /workflows/:id/restorations":            {manage, aWorkflow, []string{"revision", "1", "number", "1"}},
	"POST /workflows/:id/resumptions":             {operate, aWorkflow, nil},
	"POST /workflows/:id/runs":                    {operate, aWorkflow, nil},
	"POST /workflows/:id/tests":                   {manage, aWorkflow, []string{"revision", "1", "step", "tell"}},
	"GET /workflows/:id/trusts":                   {view, aWorkflow, nil},
	"POST /workflows/:id/trusts/:trust/deletions": {operate, aWorkflow, nil},
	"POST /workflows/:id/undo":                    {manage, aWorkflow, []string{"revision", "1"}},
	"GET /workflows/:id/versions":                 {view, aWorkflow, nil},
	"POST /workflows/:id/versions":                {manage, aWorkflow, []string{"revision", "1"}},
	"GET /workflows/:id/yaml":                     {view, aWorkflow, nil},
	"POST /workflows/:id/yaml":                    {manage, aWorkflow, []string{"revision", "1", "yaml", "steps: []"}},
	"GET /workflows/new":                          {door: manage},
	"POST /workflows/new":                         {manage, nil, []string{"name", "x"}},
	"GET /workspaces/new":                         {door: self},
	"POST /workspaces":                            {door: self},
	"POST /workspaces/:id/visits":                 {self, aWorkspace, nil},

	"GET /api/v1/backups":                                      {door: view},
	"GET /api/v1/backups/:id":                                  {view, aBackup, nil},
	"POST /api/v1/backups/:id/cancellations":                   {operate, aBackup, nil},
	"GET /api/v1/drills":                                       {door: view},
	"POST /api/v1/drills":                                      {door: operate},
	"GET /api/v1/drills/:id":                                   {view, aDrill, nil},
	"POST /api/v1/drills/:id/cancellations":                    {operate, aDrill, nil},
	"GET /api/v1/drills/:id/proof":                             {view, aDrill, nil},
	"GET /api/v1/approvals":                                    {door: view},
	"GET /api/v1/clock":                                        {door: view},
	"POST /api/v1/clock/confirmations":                         {door: owner},
	"GET /api/v1/credentials":                                  {door: view},
	"POST /api/v1/credentials":                                 {manage, nil, []string{`{"name":"x","kind":"bearer","host":"x.example","secret":"x"}`}},
	"DELETE /api/v1/credentials/:id":                           {manage, aCredential, nil},
	"GET /api/v1/holds":                                        {door: view},
	"DELETE /api/v1/holds/:id":                                 {manage, aHold, nil},
	"GET /api/v1/holds/:id":                                    {view, aHold, nil},
	"POST /api/v1/holds/:id/releases":                          {manage, aHold, nil},
	"GET /api/v1/plans":                                        {door: view},
	"POST /api/v1/plans":                                       {manage, nil, []string{`{"source_id":"0192f0c1-7d2e-7c3a-9b1e-5a4c2d8e6f10","vault_id":"0192f0c1-7d2e-7c3a-9b1e-5a4c2d8e6f10"}`}},
	"DELETE /api/v1/plans/:id":                                 {manage, aPlan, nil},
	"GET /api/v1/plans/:id":                                    {view, aPlan, nil},
	"PUT /api/v1/plans/:id":                                    {manage, aPlan, []string{`{}`}},
	"POST /api/v1/plans/:id/backups":                           {operate, aPlan, nil},
	"POST /api/v1/plans/:id/drills":                            {operate, aPlan, nil},
	"POST /api/v1/plans/:id/pauses":                            {operate, aPlan, nil},
	"POST /api/v1/plans/:id/resumptions":                       {operate, aPlan, nil},
	"POST /api/v1/plans/:id/undos":                             {manage, aPlan, nil},
	"GET /api/v1/plans/:id/retention-preview":                  {view, aPlan, nil},
	"POST /api/v1/plans/:id/retention-preview":                 {view, aPlan, []string{`{"keep":{"last":1}}`}},
	"GET /api/v1/restores":                                     {door: view},
	"GET /api/v1/restores/:id":                                 {view, aRestore, nil},
	"POST /api/v1/restores/:id/cancellations":                  {operate, aRestore, nil},
	"GET /api/v1/restores/:id/download":                        {operate, aDownload, nil},
	"GET /api/v1/signing-keys":                                 {door: view},
	"GET /api/v1/snapshots":                                    {door: view},
	"DELETE /api/v1/snapshots/:id":                             {manage, aSnapshot, nil},
	"GET /api/v1/snapshots/:id":                                {view, aSnapshot, nil},
	"POST /api/v1/snapshots/:id/drills":                        {operate, aSnapshot, nil},
	"GET /api/v1/snapshots/:id/files":                          {view, aSnapshot, nil},
	"GET /api/v1/snapshots/:id/files/content":                  {view, aSnapshot, []string{"?path=x"}},
	"GET /api/v1/snapshots/:id/holds":                          {view, aSnapshot, nil},
	"POST /api/v1/snapshots/:id/holds":                         {operate, aSnapshot, []string{`{"reason":"x"}`}},
	"POST /api/v1/snapshots/:id/restore-checks":                {operate, aSnapshot, []string{`{"kind":"download"}`}},
	"POST /api/v1/snapshots/:id/restores":                      {operate, aSnapshot, []string{`{"kind":"download"}`}},
	"GET /api/v1/snapshots/:id/tables":                         {view, aSnapshot, nil},
	"GET /api/v1/source-tests/:id":                             {view, aTest, nil},
	"GET /api/v1/sources":                                      {door: view},
	"POST /api/v1/sources":                                     {manage, nil, []string{`{"name":"x","kind":"folder","path":"/x"}`}},
	"DELETE /api/v1/sources/:id":                               {manage, aSource, nil},
	"POST /api/v1/sources/:id/undos":                           {manage, aSource, nil},
	"GET /api/v1/sources/:id":                                  {view, aSource, nil},
	"PATCH /api/v1/sources/:id":                                {manage, aSource, []string{`{"name":"x"}`}},
	"PUT /api/v1/sources/:id":                                  {manage, aSource, []string{`{"name":"x","kind":"folder","path":"/x"}`}},
	"POST /api/v1/sources/:id/tests":                           {operate, aSource, nil},
	"GET /api/v1/step-kinds":                                   {door: view},
	"GET /api/v1/runs":                                         {door: view},
	"GET /api/v1/runs/:id":                                     {view, aRun, nil},
	"POST /api/v1/runs/:id/cancellations":                      {operate, aRun, nil},
	"POST /api/v1/runs/:id/decisions":                          {operate, aRun, []string{`{"key":"post","hash":"x","yes":true}`}},
	"POST /api/v1/runs/:id/replays":                            {operate, aRun, []string{`{}`}},
	"POST /api/v1/runs/:id/retries":                            {operate, aRun, nil},
	"GET /api/v1/runs/:id/steps":                               {view, aRun, []string{"?key=sum"}},
	"POST /api/v1/runs/:id/steps/cancellations":                {operate, aRun, []string{`{"key":"d"}`}},
	"GET /api/v1/workflows/:id/tests/sample":                   {view, aWorkflow, nil},
	"POST /api/v1/workflows/:id/tests":                         {manage, aWorkflow, []string{`{"revision":1}`}},
	"GET /api/v1/workflows":                                    {door: view},
	"POST /api/v1/workflows":                                   {manage, nil, []string{`{"name":"another"}`}},
	"DELETE /api/v1/workflows/:id":                             {manage, aWorkflow, nil},
	"GET /api/v1/workflows/:id":                                {view, aWorkflow, nil},
	"PUT /api/v1/workflows/:id":                                {manage, aWorkflow, []string{`{"name":"other"}`}},
	"GET /api/v1/workflows/:id/draft":                          {view, aWorkflow, nil},
	"PUT /api/v1/workflows/:id/draft":                          {manage, aWorkflow, []string{`{"definition":{"trigger":{"kind":"manual"},"steps":[]}}`}},
	"POST /api/v1/workflows/:id/draft/ops":                     {manage, aWorkflow, []string{`{"op":"delete","id":"post"}`}},
	"POST /api/v1/workflows/:id/draft/redos":                   {manage, aWorkflow, nil},
	"POST /api/v1/workflows/:id/draft/undos":                   {manage, aWorkflow, nil},
	"POST /api/v1/workflows/:id/pauses":                        {operate, aWorkflow, nil},
	"POST /api/v1/workflows/:id/resumptions":                   {operate, aWorkflow, nil},
	"POST /api/v1/workflows/:id/runs":                          {operate, aWorkflow, []string{`{}`}},
	"GET /api/v1/workflows/:id/figures":                        {view, aWorkflow, nil},
	"GET /api/v1/workflows/:id/trusts":                         {view, aWorkflow, nil},
	"DELETE /api/v1/workflows/:id/trusts/:trust":               {operate, aWorkflow, nil},
	"GET /api/v1/workflows/:id/versions":                       {view, aWorkflow, nil},
	"POST /api/v1/workflows/:id/versions":                      {manage, aWorkflow, []string{`{}`}},
	"GET /api/v1/workflows/:id/versions/:number":               {view, aWorkflow, nil},
	"GET /api/v1/workflows/:id/versions/:number/diff":          {view, aWorkflow, nil},
	"POST /api/v1/workflows/:id/versions/:number/restorations": {manage, aWorkflow, nil},
	"GET /api/v1/tasks/:id":                                    {view, aRestore, nil},
	"GET /api/v1/tasks/:id/log":                                {view, aRestore, nil},
	"POST /api/v1/tasks/:id/cancellations":                     {operate, aRestore, nil},
	"GET /api/v1/test-clock":                                   {door: owner},
	"PUT /api/v1/test-clock":                                   {owner, nil, []string{`{"advance":"1h"}`}},
	"GET /api/v1/vaults":                                       {door: view},
	"POST /api/v1/vaults":                                      {manage, nil, []string{`{"name":"x","kind":"filesystem"}`}},
	"DELETE /api/v1/vaults/:id":                                {manage, aVault, nil},
	"GET /api/v1/vaults/:id":                                   {view, aVault, nil},
	"PUT /api/v1/vaults/:id":                                   {manage, aVault, []string{`{"name":"x","kind":"filesystem"}`}},
	"GET /api/v1/vaults/:id/recovery-kit":                      {manage, aVault, nil},
	"POST /api/v1/vaults/:id/setups":                           {manage, aVault, nil},
	"POST /api/v1/vaults/:id/upkeeps":                          {operate, aVault, nil},
}

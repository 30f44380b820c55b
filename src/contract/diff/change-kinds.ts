export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info'
export type Risk = `API${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`

export interface ChangeKind {
  /** OWASP API Security Top 10, 2023. */
  readonly risk: Risk
  readonly severity: Severity
  /** What it is about, with `%` for the subject, and the words for it getting wider and narrower. */
  readonly about: string
  readonly wider: string
  readonly narrower: string
  /** What a loosening lets happen. */
  readonly loosens: string
}

function kind(risk: Risk, severity: Severity, about: string, words: string, loosens: string): ChangeKind {
  const [wider = '', narrower = ''] = words.split('/')
  return { risk, severity, about, wider, narrower, loosens }
}

/** Every kind of change that `diff` knows. */
export const CHANGE_KINDS = {
  access: kind('API5', 'high', 'access', 'is wider/is narrower', 'callers who were refused may call'),
  'object-access': kind(
    'API1',
    'high',
    'access',
    'is wider/is narrower',
    'callers may reach objects that they could not',
  ),
  public: kind('API2', 'critical', 'access', 'needs no credential any more/needs a credential now', 'anybody may call'),
  each: kind('API1', 'high', 'the rule for each row', 'is wider/is narrower', 'a list shows rows that it left out'),
  clients: kind('API2', 'medium', 'the scope for API keys', 'lets keys in/is gone', 'API keys may call'),
  security: kind(
    'API2',
    'high',
    'the security requirement',
    'is weaker/is stronger',
    'a call passes with less than it needed',
  ),
  contract: kind('API8', 'high', 'x-turnpike', 'is gone/is new', 'nothing states who may call, and how often'),
  'param-resource': kind(
    'API1',
    'high',
    'the resource of %',
    'is gone/is named now',
    'the object behind the parameter is not loaded and authorized by the contract',
  ),
  'param-parent': kind(
    'API1',
    'high',
    'the parent of %',
    'is not checked any more/is checked now',
    'a child under the wrong parent is found',
  ),
  'reply-unchecked': kind(
    'API3',
    'medium',
    'the reply',
    "is said to be nobody's object/is a resource's again",
    'rows of the reply are sent as they are',
  ),
  'limit-rate': kind('API4', 'medium', 'the rate', 'is up/is down', 'a caller may call more often'),
  'limit-key': kind('API4', 'high', 'the budget for %', 'is up/is down', 'one account can be tried more often'),
  'limit-cost': kind('API4', 'medium', 'the cost of a call', 'is down/is up', 'a budget pays for more calls'),
  'limit-bytes': kind('API4', 'medium', 'the largest body', 'is up/is down', 'larger bodies are read'),
  'limit-timeout': kind('API4', 'low', 'the deadline', 'is later/is earlier', 'one call may hold a worker longer'),
  'limit-concurrency': kind(
    'API4',
    'medium',
    'the number of calls at a time',
    'is up/is down',
    'more calls run at once',
  ),
  'flow-once': kind('API6', 'high', '"once"', 'is gone/is asked for now', 'the step can be done again'),
  'flow-quota': kind(
    'API6',
    'medium',
    'the quota for each principal',
    'is up/is down',
    'one principal can do the step more often',
  ),
  'flow-step-up': kind('API6', 'high', 'the step-up', 'is weaker/is stronger', 'an old or weak sign-in is enough'),
  'flow-after': kind(
    'API6',
    'high',
    'the step before',
    'is not asked for any more/is asked for now',
    'the step can be reached directly',
  ),
  'flow-interval': kind(
    'API6',
    'medium',
    'the shortest time between steps',
    'is shorter/is longer',
    'the steps can be done faster than a person would',
  ),
  idempotency: kind(
    'API6',
    'medium',
    'the idempotency key',
    'is asked for less/is asked for more',
    'a repeated request may have its effect twice',
  ),
  signature: kind(
    'API10',
    'critical',
    'the signature of the body',
    'is not checked any more/is checked now',
    'anybody can send what only the sender could',
  ),
  'signature-tolerance': kind(
    'API10',
    'low',
    'the tolerance of the signature in seconds',
    'is longer/is shorter',
    'a recorded message can be sent again for longer',
  ),
  outbound: kind('API7', 'high', 'outbound', 'is wider/is narrower', 'the server may call hosts that it could not'),
  deprecated: kind('API9', 'low', 'the deprecation', 'is gone/is new', 'clients are not told to leave'),
  sunset: kind('API9', 'medium', 'the sunset', 'is later/is earlier', 'an old version stays reachable longer'),
  endpoint: kind('API9', 'high', 'the endpoint', 'is new/is gone', 'there is one more way in'),
  method: kind(
    'API5',
    'high',
    'the method',
    'is new on a known path/is gone',
    'there is one more thing to do to what was there',
  ),
  server: kind('API8', 'medium', 'the server %', 'is new/is gone', 'requests and credentials travel in clear'),
  scheme: kind('API2', 'medium', 'it', 'is new/is gone', 'there is one more way to prove who calls'),
  'scheme-form': kind('API2', 'high', 'its form', 'is another/is another', 'credentials are of another form'),
  'input-added': kind(
    'API3',
    'medium',
    '%',
    'may be sent now/may be sent no more',
    'callers may set what they could not',
  ),
  'input-open': kind(
    'API3',
    'high',
    'undeclared members of %',
    'are taken/are refused',
    'callers may send members that nobody declared',
  ),
  'input-optional': kind('API8', 'low', '%', 'is optional now/is required now', 'the operation runs without it'),
  'input-bound': kind('API4', 'medium', '%', 'is wider/is narrower', 'larger or stranger values are taken'),
  'input-values': kind('API8', 'medium', '%', 'is wider/is narrower', 'values are taken that were refused'),
  'input-reference': kind(
    'API1',
    'high',
    'the resource of %',
    'is gone/is named now',
    'the id is not loaded and authorized any more',
  ),
  'body-type': kind(
    'API8',
    'low',
    'the media type %',
    'is taken now/is taken no more',
    'another parser reads the body',
  ),
  'reply-added': kind('API3', 'medium', '%', 'is shown now/is shown no more', 'callers see what they did not'),
  'reply-open': kind(
    'API3',
    'high',
    'undeclared members of %',
    'may be shown/are not shown',
    'the reply may show anything',
  ),
  'reply-size': kind('API4', 'medium', 'the largest number of items of %', 'is up/is down', 'one call may fetch more'),
  'refusal-added': kind('API8', 'medium', '%', 'is shown now/is shown no more', 'errors may tell what happens inside'),
  resource: kind(
    'API1',
    'high',
    'it',
    'is gone/is new',
    'its owner, its read rule and the rules of its fields hold no more',
  ),
  'resource-id': kind(
    'API1',
    'medium',
    'the field of the id',
    'is another/is another',
    'another field names the object',
  ),
  owner: kind('API1', 'high', 'the owner', 'is gone/is named now', 'objects belong to nobody'),
  tenant: kind('API1', 'critical', 'the tenant', 'is gone/is named now', 'no wall stands between tenants'),
  parent: kind('API1', 'high', 'the link to the parent %', 'is gone/is new', 'nested paths cannot check their parent'),
  read: kind(
    'API1',
    'high',
    'who may read one',
    'is wider/is narrower',
    'callers may read objects that they could not',
  ),
  refer: kind(
    'API1',
    'high',
    'who may name one',
    'is wider/is narrower',
    'callers may refer to objects that they could not',
  ),
  'field-read': kind(
    'API3',
    'high',
    'who sees % in clear',
    'is wider/is narrower',
    'callers see a field that they did not',
  ),
  'field-write': kind(
    'API3',
    'high',
    'who may set %',
    'is wider/is narrower',
    'callers may set a field that they could not',
  ),
  mask: kind('API3', 'medium', 'what others see of %', 'is more/is less', 'callers see more of a field'),
  seal: kind('API3', 'high', 'the seal of %', 'is gone/is new', 'the field lies in clear in the database'),
  production: kind(
    'API8',
    'medium',
    'the production environment',
    'is not what it runs in any more/is what it runs in now',
    'rules for production do not hold',
  ),
  'plain-http': kind(
    'API8',
    'critical',
    'plain HTTP',
    'is allowed/is refused',
    'requests and credentials travel in clear',
  ),
  hosts: kind('API8', 'medium', 'the host names', 'are more/are fewer', 'requests under other names are answered'),
  origins: kind('API8', 'high', 'the origins', 'are more/are fewer', 'scripts of other sites may call and read'),
  proxies: kind(
    'API4',
    'high',
    'the trusted proxies',
    'are more/are fewer',
    'more peers may say which address a request is from',
  ),
  'lasting-keys': kind(
    'API8',
    'medium',
    'lasting keys',
    'are gone/are there now',
    'sessions and sealed data do not outlive a restart',
  ),
  'row-security': kind(
    'API1',
    'high',
    'row-level security',
    'is gone/is there now',
    "the application's own queries see everybody's rows",
  ),
  credential: kind(
    'API2',
    'medium',
    'the credential "%"',
    'is accepted now/is accepted no more',
    'there is one more way to prove who calls',
  ),
  'token-lifetime': kind(
    'API2',
    'medium',
    'the lifetime of access tokens in seconds',
    'is longer/is shorter',
    'a stolen token works longer',
  ),
  'token-algorithm': kind(
    'API2',
    'high',
    'the algorithm % of tokens',
    'is accepted now/is accepted no more',
    'tokens can be made in another way',
  ),
  passwords: kind(
    'API2',
    'high',
    'how passwords are kept',
    'is another/is another',
    'they may be easier to guess once stolen',
  ),
  'identity-gap': kind('API2', 'medium', 'the gap "%"', 'is new/is closed', 'tokens or accounts lack a protection'),
} as const satisfies Readonly<Record<string, ChangeKind>>

export type KindName = keyof typeof CHANGE_KINDS

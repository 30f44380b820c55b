import type { Attack, Case, Untested } from '../../attack.ts'
import { encodeBody } from '../../engine/encode-body.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { basePath } from '../path-spellings.ts'
import { rawExchange } from './raw-exchange.ts'
import { takesJson } from './takes-json.ts'

const TIMEOUT_MILLISECONDS = 2_000

interface Framing {
  readonly how: string
  readonly headers: readonly string[]
  readonly body: string
}

/** Requests whose end two servers may see in two places (RFC 9112 sections 6.1 and 6.3). The last byte of the body is a blank. */
function framingsOf(body: string): readonly Framing[] {
  const length = Buffer.byteLength(body)
  const chunked = `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const own = `Content-Length: ${length}`
  return [
    {
      how: 'Content-Length and Transfer-Encoding, ended by chunks',
      headers: [`Content-Length: ${Buffer.byteLength(chunked)}`, 'Transfer-Encoding: chunked'],
      body: chunked,
    },
    {
      how: 'Content-Length and Transfer-Encoding, ended by length',
      headers: [own, 'Transfer-Encoding: chunked'],
      body,
    },
    { how: 'two lengths', headers: [own, `Content-Length: ${length - 1}`], body },
    { how: 'an unknown transfer coding and a length', headers: [own, 'Transfer-Encoding: xchunked'], body },
    { how: 'a blank before the colon of Transfer-Encoding', headers: [own, 'Transfer-Encoding : chunked'], body },
  ]
}

export const ambiguousFraming: Attack = {
  id: 'ambiguous-framing',
  number: 117,
  risk: 'API8',
  severity: 'medium',
  cwe: 444,
  title: 'A request whose end is ambiguous is served',
  references: [
    'OWASP API8:2023',
    'RFC 9112 section 6.1',
    'RFC 9112 section 6.3',
    'RFC 9112 section 11.2',
    'ASVS 5.0 4.2.1',
  ],
  maxRequests: 7,
  oracle:
    'With two lengths, or a length and a transfer coding, the request is answered 2xx as the plain one is; 400 or a closed connection is right.',
  fix: 'Answer 400 and close the connection (Node.js does unless `insecureHTTPParser` is set), and let the proxy in front normalize what it forwards.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const draft = await probe.draft(operation, alice)
    // By the ordinary way first: it keeps to the scope and to what may be written.
    const control = await probe.send(draft, alice)
    if (!succeeded(control)) throw new Inconclusive(`${operation.id} answers ${control.status} to its owner`, control)
    const encoded = encodeBody(draft)
    const body = `${encoded?.bytes.toString('latin1') ?? ''} `
    const session = await alice.session()
    const head = (fresh: Draft['headers'], headers: readonly string[]) =>
      [
        `${draft.method} ${targetOf(probe, draft, session.query)} HTTP/1.1`,
        `Host: ${probe.base.host}`,
        ...[...session.headers, ...fresh].map(([name, value]) => `${name}: ${value}`),
        `Content-Type: ${encoded?.contentType ?? 'application/json'}`,
        'Connection: close',
        ...headers,
      ].join('\r\n')
    const ask = async (each: Omit<Framing, 'how'>) => {
      // An idempotency key is good for one request.
      const { headers } = await probe.draft(operation, alice)
      const bytes = `${head(headers, each.headers)}\r\n\r\n${each.body}`
      const url = `${probe.base.origin}${targetOf(probe, draft, [])}`
      return probe.byHand({ method: draft.method, url, body: bytes }, alice.name, () =>
        rawExchange(probe.base, bytes, TIMEOUT_MILLISECONDS),
      )
    }
    const plain = await ask({ headers: [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`], body })
    if (!succeeded(plain)) throw new Inconclusive(`by hand even the plain request is answered ${plain.status}`, plain)
    const answers: Answer[] = []
    for (const framing of framingsOf(body)) {
      const answer = await ask(framing)
      answers.push(answer)
      if (succeeded(answer)) return fail(`${framing.how}: answered ${answer.status}`, plain, answer)
    }
    const odd = answers.find(isOdd)
    if (odd)
      throw new Inconclusive(`one of them was answered ${odd.status} ${odd.failure ?? ''}, which refuses nothing`, odd)
    return pass('each is refused or the connection closed', ...answers)
  },
}

/** Waiting for more, or failing, is no refusal. */
const isOdd = ({ status, failure }: Answer): boolean =>
  failure === 'timeout' || status === 429 || (status >= 500 && status !== 501)

function targetOf(probe: Probe, draft: Draft, more: readonly (readonly [string, string])[]): string {
  const query = [...more, ...draft.query].map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
  return `${basePath(probe.base)}${draft.path}${query === '' ? '' : `?${query}`}`
}

/** The making of an object of one's own: the plainest request with a body. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  const fits = (each: Operation) =>
    each.purpose === 'create' && !each.leftOut && each.access !== 'admin' && takesJson(each) && !each.extension?.flow
  const found = plan.operations.filter(fits).sort((one, other) => one.references.length - other.references.length)
  const [operation] = found
  if (operation && user) yield { operation, owner: user.name }
  else yield { operation: null, untested: 'no operation is known in which an ordinary user makes an object with JSON' }
}

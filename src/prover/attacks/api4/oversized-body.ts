import type { Attack, Case } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, type Verdict } from '../../verdict.ts'
import { callerOf } from '../focus.ts'
import { heavyCases, heavyVerdict, lightRequest, padded } from './heavy-body.ts'
import { saidBytes } from './limits.ts'

const MEGABYTE = 1_048_576
/** For a few fields; larger than any common framework takes without being told to. */
const UNDECLARED_BYTES = 10 * MEGABYTE

export const oversizedBody: Attack = {
  id: 'oversized-body',
  number: 71,
  risk: 'API4',
  severity: 'medium',
  cwe: 400,
  title: 'A body of any size is taken',
  references: ['OWASP API4:2023', 'RFC 9110 section 15.5.14', 'ASVS 5.0 15.2.2'],
  maxRequests: 4,
  oracle:
    'A valid request made large with blanks, or a file larger than its description says, is taken (2xx), breaks something (5xx) or has no answer.',
  fix: 'Bound the bytes of a body before it is parsed, by what is read and not by Content-Length, and answer 413.',
  phase: 'exhausting',
  cases,
  async run(it: Case, probe) {
    if (it.operation !== null && it.variant === 'file') return oversizedFile(probe, it.operation, it.owner)
    const light = await lightRequest(probe, it)
    const declared = it.operation?.extension?.limit.maxBytes ?? null
    const bytes = declared === null ? UNDECLARED_BYTES : declared + 65_536
    if (bytes > UNDECLARED_BYTES)
      throw new NotTested(`its limit of ${declared} bytes is more than the ${UNDECLARED_BYTES} that are sent at most`)
    const isChunked = it.variant === 'chunked'
    const what = `a body of ${(bytes / MEGABYTE).toFixed(1)} MB${isChunked ? ' in chunks' : ''}`
    return heavyVerdict(probe, light, {
      what,
      body: padded(await light.newBody(), bytes),
      headers: isChunked ? [['Transfer-Encoding', 'chunked']] : [],
      taken: (answer) => fail(`${what} is taken`, light.answer, answer),
    })
  },
}

function* cases(plan: Plan): Generator<Case> {
  for (const it of heavyCases(plan)) {
    yield { ...it, variant: 'length' }
    yield { ...it, variant: 'chunked' }
  }
  for (const operation of plan.operations.filter(takesFile).slice(0, MOST_UPLOADS)) {
    const owner = callerOf(plan, operation)
    if (owner) yield { operation, owner: owner.name, variant: 'file' }
  }
}

const MOST_UPLOADS = 3

/** An upload whose size is said: how large a file may be is for each API to say. */
const takesFile = (operation: Operation): boolean =>
  !operation.leftOut &&
  ['POST', 'PUT'].includes(operation.method) &&
  saidBytes(operation) !== null &&
  (operation.read.body?.content ?? []).some(({ mediaType }) => !/json|urlencoded/.test(mediaType))

async function oversizedFile(probe: Probe, operation: Operation, owner: string | undefined): Promise<Verdict> {
  const said = saidBytes(operation) ?? 0
  const bytes = Math.ceil(said * 1.25) + 65_536
  if (bytes > UNDECLARED_BYTES)
    throw new NotTested(`its limit of ${said} bytes is more than the ${UNDECLARED_BYTES} that are sent at most`)
  const alice = probe.identity(owner)
  const draft = await probe.draft(operation, alice)
  const answer = await probe.send(draft, alice)
  if (!succeeded(answer)) throw new Inconclusive(`a small file is answered ${answer.status} too`, answer)
  const what = `a file of ${Math.round(bytes / 1024)} KB, where ${Math.round(said / 1024)} KB are said to be the most,`
  return heavyVerdict(
    probe,
    { draft, owner: alice, answer },
    { what, body: grown(draft.body, bytes), taken: (taken) => fail(`${what} is taken`, answer, taken) },
  )
}

/** The same file, or form with its first file, and blanks after what stands in it. */
function grown(body: unknown, bytes: number): unknown {
  if (Buffer.isBuffer(body)) return Buffer.concat([body, Buffer.alloc(bytes, ' ')])
  if (typeof body !== 'object' || body === null) return `${String(body ?? '')}${' '.repeat(bytes)}`
  const [name, file] = Object.entries(body).find(([, value]) => Buffer.isBuffer(value)) ?? []
  if (name === undefined) throw new NotTested('no file stands in the form')
  return { ...body, [name]: grown(file, bytes) }
}

import { propertiesOf } from '../attacks/api3/fields.ts'
import type { Operation } from '../plan/plan.ts'
import { type Fault, headerOf, jsonReply, type Passed, type Passing, withHeader } from './fault-proxy.ts'

type Row = Record<string, unknown>

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

const isSuccess = ({ status }: Passed): boolean => status >= 200 && status < 300

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Each object of a success, changed, the inner ones first; anything else as it is. */
function eachRow(passed: Passed, change: (row: Row) => Row): Passed {
  if (!isSuccess(passed)) return passed
  const changed = (value: unknown, depth: number): unknown => {
    if (depth > 4) return value
    if (Array.isArray(value)) return value.map((item) => changed(item, depth + 1))
    if (!isRow(value)) return value
    return change(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, depth + 1)])))
  }
  const json = jsonOf(passed.body)
  return json === undefined ? passed : { ...passed, body: Buffer.from(JSON.stringify(changed(json, 0))) }
}

/** A secret of everybody's, in every object. */
export const fieldAdded = (): Fault => ({
  told: 'a field with a password hash stands in every object',
  reply: (passed) => eachRow(passed, withHash),
})

const ASKED = /^(fields|select|expand|include|populate|embed|with|view|verbose|debug|projection)=/i

/** The same, but only for those who ask for more. */
export function fieldWhenAsked(): Fault {
  const isAsked = ({ target }: Passing) => (target.split('?')[1] ?? '').split('&').some((each) => ASKED.test(each))
  return {
    told: 'whoever asks for more fields is shown them',
    request(passing) {
      if (!isAsked(passing)) return passing
      const [path = '', query = ''] = passing.target.split('?')
      const others = query.split('&').filter((each) => !ASKED.test(each))
      return { ...passing, target: others.length > 0 ? `${path}?${others.join('&')}` : path }
    },
    reply: (passed, given) => (isAsked(given) ? eachRow(passed, withHash) : passed),
  }
}

const withHash = (row: Row): Row => ({ ...row, passwordHash: HASH })
const HASH = '$2b$12$Q9kYVv0d3bqT7mQm8yqP0uYb1c0v9Jm5n3r2s1t0u9v8w7x6y5z4a'

/**
 * Whatever a body holds is taken, kept and shown, beside what the API itself keeps.
 * @param nested - Properties of inner objects too, as those of the whole.
 */
export function bodyKept({ operation }: { readonly operation: Operation | null }, nested = false): Fault {
  const kept = new Map<string, Row>()
  const schema = operation?.read.body?.content.find(({ mediaType }) => /json/.test(mediaType))?.schema
  const offered = schema ? Object.entries(propertiesOf(schema)).filter(([, each]) => each.readOnly !== true) : []
  const names = new Set(offered.map(([name]) => name))
  return {
    told: 'every property of a body is taken and shown',
    async reply(passed, given, send) {
      const sent = jsonOf(given.body)
      if (!isRow(sent) || given.method === 'GET') return showing(passed, kept)
      // What a sound API refuses is offered without what it did not ask for.
      const meant = Object.fromEntries(Object.entries(sent).filter(([name]) => names.has(name)))
      const taken =
        passed.status === 400 || passed.status === 422
          ? await send({ ...given, body: Buffer.from(JSON.stringify(meant)) })
          : passed
      const id = isSuccess(taken) ? idIn(jsonOf(taken.body)) : null
      const { password: _, ...rest } = sent
      const inner = nested ? Object.values(rest).filter(isRow) : []
      if (id !== null) kept.set(id, Object.assign({}, kept.get(id), ...inner, rest))
      return showing(taken, kept)
    },
  }
}

const showing = (passed: Passed, kept: ReadonlyMap<string, Row>): Passed =>
  eachRow(passed, (row) => ({ ...row, ...kept.get(ownId(row) ?? ''), ...('id' in row ? { id: row.id } : {}) }))

const ownId = ({ id }: Row): string | null => (typeof id === 'string' || typeof id === 'number' ? String(id) : null)

/** Of the outermost object that has one. */
function idIn(value: unknown, depth = 0): string | null {
  if (!isRow(value) || depth > 3) return null
  return (
    ownId(value) ??
    Object.values(value)
      .map((child) => idIn(child, depth + 1))
      .find((id) => id !== null) ??
    null
  )
}

/**
 * A refusal is answered as the last request of the same method and path that was none.
 * @param isRefusal - Only for such answers. @param when - And such requests.
 */
export function refusalTaken(
  told: string,
  isRefusal: (passed: Passed) => boolean,
  when: (passing: Passing) => boolean = () => true,
): Fault {
  const kept = new Map<string, Passed>()
  return {
    told,
    reply(passed, given) {
      const key = `${given.method} ${given.target.split('?')[0] ?? ''}`
      if (!isRefusal(passed)) kept.set(key, passed)
      if (!isRefusal(passed) || !when(given)) return passed
      return kept.get(key) ?? jsonReply(passed, 200, { taken: true, id: String(Math.trunc(performance.now() * 1000)) })
    },
  }
}

/** Headers of every answer, replaced, added or (null) removed. */
export const headersOf = (
  told: string,
  headers: (passing: Passing, passed: Passed) => Readonly<Record<string, string | null>>,
): Fault => ({
  told,
  reply: (passed, passing) =>
    Object.entries(headers(passing, passed)).reduce((held, [name, value]) => withHeader(held, name, value), passed),
})

/** The flags of every cookie, taken off. */
export const bareCookies = (): Fault => ({
  told: 'cookies have no flags',
  reply: (passed) => ({
    ...passed,
    headers: passed.headers.map(([name, value]) =>
      /^set-cookie$/i.test(name) ? ([name, value.split(';')[0] ?? ''] as const) : ([name, value] as const),
    ),
  }),
})

/** Another answer to requests that it is meant for. */
export const answered = (
  told: string,
  when: (passing: Passing, passed: Passed) => boolean,
  status: number,
  text: string | ((passing: Passing) => string),
  mediaType = 'application/json',
): Fault => ({
  told,
  reply: (passed, passing) =>
    when(passing, passed)
      ? {
          ...withHeader(passed, 'Content-Type', mediaType),
          status,
          body: Buffer.from(typeof text === 'string' ? text : text(passing)),
        }
      : passed,
})

/** What somebody was answered at an address, everybody is. */
export function sharedReplies(): Fault {
  const kept = new Map<string, Passed>()
  return {
    told: 'a cache serves what one reader got to every other',
    reply(passed, passing) {
      if (passing.method !== 'GET') return passed
      const found = kept.get(passing.target)
      if (found) return found
      if (isSuccess(passed) && headerOf(passing, 'authorization') !== '') kept.set(passing.target, passed)
      return passed
    },
  }
}

/** Whether a body that says it is JSON is none. */
export const isBrokenJson = (passing: Passing): boolean =>
  /json/.test(headerOf(passing, 'content-type')) && jsonOf(passing.body) === undefined

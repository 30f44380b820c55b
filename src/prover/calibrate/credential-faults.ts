import { decodeJwt } from 'jose'
import type { Sender } from '../engine/engine.ts'
import type { Session } from '../identities.ts'
import type { Operation } from '../plan/plan.ts'
import { type Fault, headerOf, type Passed, type Passing, withHeader } from './fault-proxy.ts'

/** Who takes part in a case, with credentials that work. */
export interface Cast {
  readonly operation: Operation | null
  /** Path before every operation's, without a slash at its end. */
  readonly prefix: string
  readonly owner: Session
  /** Null: nobody, or the same. */
  readonly attacker: Session | null
}

/** Whoever attacks is taken for the owner, at the operation of the case alone. @param when - Only such requests. */
export function takenForOwner(cast: Cast, told: string, when: (passing: Passing) => boolean = () => true): Fault {
  return {
    told,
    request: (passing) =>
      isAt(cast, passing) && isAttackers(cast, passing) && when(passing) ? carrying(passing, cast.owner) : passing,
  }
}

/** The claims of a token count, whatever its signature, time or header say. */
export function believesClaims({ owner }: Cast): Fault {
  const subject = subjectOf(owner.token ?? '')
  return {
    told: 'a token is believed without being verified',
    request(passing) {
      const shown = owner.headers.map(([name]) => headerOf(passing, name.toLowerCase())).join(' ')
      const token = shown.split(/[ =;]/).find((part) => part.includes('.'))
      return token !== undefined && subject !== null && subjectOf(token) === subject
        ? carrying(passing, owner)
        : passing
    },
  }
}

/** No credential, or one that is empty or says `null`, is enough. */
export function emptyCredential({ owner }: Cast, how: 'none' | 'empty'): Fault {
  const names = owner.headers.map(([name]) => name.toLowerCase())
  const isEmpty = (passing: Passing) =>
    names.some((name) => passing.headers.some(([each]) => each.toLowerCase() === name)) &&
    names.every((name) => /^(\w+[ =]?)?(null|undefined|0)?$/.test(headerOf(passing, name)))
  return {
    told: how === 'none' ? 'no credential is needed' : 'an empty credential is taken',
    request: (passing) => (how === 'none' || isEmpty(passing) ? carrying(passing, owner) : passing),
  }
}

/** The owner's credential counts in the query as it does in its place. */
export const credentialInQuery = ({ owner }: Cast): Fault => ({
  told: 'the credential is taken from the query',
  request(passing) {
    const token = encodeURIComponent(owner.token ?? '')
    const [path = '', query = ''] = passing.target.split('?')
    if (token === '' || !query.includes(token)) return passing
    const others = query.split('&').filter((each) => !each.includes(token))
    return carrying({ ...passing, target: others.length > 0 ? `${path}?${others.join('&')}` : path }, owner)
  },
})

/** What a credential was answered once, it is answered for ever. */
export function endlessCredential(): Fault {
  const kept = new Map<string, Passed>()
  return {
    told: 'a credential is honoured after its end',
    reply(passed, passing) {
      const shown = ['authorization', 'cookie', 'x-api-key'].map((name) => headerOf(passing, name)).join('\n')
      const key = `${passing.method} ${passing.target}\n${shown}`
      if (passed.status >= 200 && passed.status < 300) kept.set(key, passed)
      return passed.status === 401 || passed.status === 403 ? (kept.get(key) ?? passed) : passed
    },
  }
}

/** The method or the path that a header or the query names counts, and whoever names one is let in. */
export function rewriting(cast: Cast): Fault {
  return {
    told: 'a header names another method or path, which nobody guards',
    request(passing) {
      const { searchParams } = new URL(passing.target, 'http://target')
      const method =
        headerOf(passing, 'x-http-method-override') ||
        headerOf(passing, 'x-http-method') ||
        headerOf(passing, 'x-method-override') ||
        searchParams.get('_method') ||
        ''
      const target = headerOf(passing, 'x-original-url') || headerOf(passing, 'x-rewrite-url')
      if (method === '' && target === '') return passing
      return {
        ...carrying(passing, cast.owner),
        method: method === '' ? passing.method : method.toUpperCase(),
        target: target === '' ? passing.target : `${cast.prefix}${target.replace(cast.prefix, '')}`,
      }
    },
  }
}

const isAttackers = ({ owner, attacker }: Cast, passing: Passing): boolean =>
  attacker === null ? !shows(passing, owner) : shows(passing, attacker)

const shows = (passing: Passing, { headers, query }: Sender): boolean =>
  headers.every(([name, value]) => headerOf(passing, name.toLowerCase()) === value) &&
  query.every(([, value]) => passing.target.includes(encodeURIComponent(value)))

/** The request with this credential and no other. */
function carrying(passing: Passing, { headers, query }: Sender): Passing {
  const carried = headers.reduce((held, [name, value]) => withHeader(held, name, value), passing)
  const [path = '', given = ''] = passing.target.split('?')
  const names = query.map(([name]) => name)
  const others = given.split('&').filter((each) => each !== '' && !names.includes(each.split('=')[0] ?? ''))
  const whole = [...others, ...query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)].join('&')
  return { ...carried, target: whole === '' ? path : `${path}?${whole}` }
}

/** Whether a request is of the case's operation. */
export function isAt({ operation, prefix }: Pick<Cast, 'operation' | 'prefix'>, { target }: Passing): boolean {
  if (operation === null) return true
  const [path = ''] = target.split('?')
  const parts = path.slice(prefix.length).split('/')
  const wanted = operation.path.split('/')
  return parts.length === wanted.length && wanted.every((each, index) => each.includes('{') || each === parts[index])
}

function subjectOf(token: string): string | null {
  try {
    return decodeJwt(token.split('.').length === 3 ? token : `${token}.x`).sub ?? null
  } catch {
    return null
  }
}

import { isPublic } from '../../access.ts'
import type { Endpoint } from '../../endpoint.ts'
import { inputsOf, jsonOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const PATH =
  /(^|[-_.])(log-?in|sign-?in|sign-?up|register|token|otp|code|mfa|2fa|reset|recover|verify|refresh|password)($|[-_.])/i
const ACCOUNT = ['email', 'username', 'login', 'account', 'phone', 'user']
const MOST_A_MINUTE = 10
/** For a token of the API's own making, which nobody guesses; many people share one address. */
const MOST_A_MINUTE_BY_TOKEN = 30

export const loginLimit: Rule = {
  id: 'login-limit',
  risk: 'API2',
  asvs: '6.3.1',
  severity: 'error',
  title: 'Where credentials are guessed, ten tries a minute and a budget for the account',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { rate } = endpoint.limit
      if (endpoint.method === 'GET' || !isPublic(endpoint.access.data) || !guesses(endpoint)) continue
      const most = takesToken(endpoint) ? MOST_A_MINUTE_BY_TOKEN : MOST_A_MINUTE
      if ((rate.count / rate.windowSeconds) * 60 > most)
        yield {
          endpoint,
          message: `one address may guess here ${rate.count} times in ${rate.windowSeconds} s`,
          fix: `limit: { rate: '5/minute' }`,
        }
    }
  },
}

export const guesses = (endpoint: Endpoint): boolean =>
  endpoint.segments.some((segment) => 'literal' in segment && PATH.test(segment.literal))

/** The body's field that names an account, if it has one. */
export function accountField(endpoint: Endpoint): string | undefined {
  const fields = bodyFields(endpoint)
  return ACCOUNT.find((name) => fields.includes(name))
}

const takesToken = (endpoint: Endpoint): boolean => {
  const fields = bodyFields(endpoint)
  return fields.length === 1 && fields.every((name) => /token$/i.test(name))
}

function bodyFields(endpoint: Endpoint): readonly string[] {
  const body = inputsOf(endpoint).find(({ place }) => place === 'body')
  return Object.keys((body && jsonOf(body)?.properties) ?? {})
}

import type { ReadDocument } from '../../contract/from-openapi/document.ts'
import { inferLogin, placeOf } from './infer-login.ts'
import type { CredentialPlace, LoginRecipe, Operation, Plan, Resource } from './plan.ts'
import { NO_HINTS } from './plan-config.ts'
import { planOf } from './plan-of.ts'

/**
 * A first `turnpike.yaml` for a document: what was inferred, and in plain words what could not be.
 * It can be read as it is once the variables that it names are set.
 * @param name - Path or address of the document, as the file will name it.
 */
export function initConfig(document: ReadDocument, name: string): string {
  const plan = planOf(document, { ...NO_HINTS, identities: [] })
  const sections = [
    head(document, name),
    identities(plan),
    signIn(document, plan),
    resources(plan),
    operations(plan),
    limits(),
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** One line of a comment, whatever the document put into it. */
const note = (text: string): string => `# ${text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 300)}`

/** A scalar that YAML reads as this text. */
const text = (value: string): string =>
  /^[A-Za-z/.][\w./-]{0,200}$/.test(value.replace(/^https?:\/\//, '').replace(/(?<=[a-z0-9]):\d{1,5}(?=\/|$)/, '')) &&
  !/^(?:y|n|yes|no|on|off|true|false|null|~|\.\w*)$/i.test(value)
    ? value
    : JSON.stringify(value)

function head(document: ReadDocument, name: string): string[] {
  const server = document.servers.find((url) => URL.canParse(url) && /^https?:/.test(url))
  return [
    note(
      `How to prove ${document.title}. Written from ${name}: check what it says, and fill in what it could not know.`,
    ),
    ...(server === undefined
      ? [note('The document names no server; this is where the API is attacked:'), 'target: http://127.0.0.1:3000']
      : [note('Attack a test system, never production: say where it runs.'), `target: ${text(server)}`]),
    `openapi: ${text(name)}`,
  ]
}

function identities({ auth, operations: all, resources: things }: Plan): string[] {
  const byAccount = auth.login !== null
  const person = (who: string, more = ''): string => {
    const variable = who.toUpperCase()
    return byAccount
      ? `  ${who}: { username: ${who}@example.com, password: "\${${variable}_PASSWORD}"${more} }`
      : `  ${who}: { token: "\${${variable}_TOKEN}"${more} }`
  }
  const hasTenants = things.some(({ isTenant, tenant }) => isTenant || tenant !== null)
  const hasAdmins = all.some(({ access }) => access === 'admin')
  return [
    note(
      'Who there is: two users at least, so that one can try what is the other’s. Fill in names; secrets stay in the environment.',
    ),
    'identities:',
    person('alice', hasTenants ? ', tenant: one' : ''),
    person('bob', hasTenants ? ', tenant: one' : ''),
    ...(hasTenants ? ['  # Somebody of another tenant:', person('carol', ', tenant: two')] : []),
    ...(hasAdmins
      ? [person('admin', ', kind: admin')]
      : [
          '  # No operation seems to be for admins. If some are, add:',
          `  #${person('admin', ', kind: admin').slice(1)}`,
        ]),
    '  # Accounts that attacks on sign-in and limits may use up:',
    `  #${person('spare1', ', spare: true').slice(1)}`,
  ]
}

function signIn(document: ReadDocument, { auth }: Plan): string[] {
  const login = inferLogin(document, auth.login)
  const place = placeText(login?.place ?? placeOf(document))
  if (login === null)
    return [
      note(
        auth.login === null
          ? 'No operation signs people in, so each identity has a token. Where does it go?'
          : `${auth.login} seems to sign people in, but how was not clear. To let it, add login: { url: …, body: { … "{username}", "{password}" }, token: /token }`,
      ),
      `place: ${place}`,
    ]
  const { url, method, mediaType, body, token } = login.recipe
  return [
    note(
      `${auth.login} signs people in. Is the token where it says? A CSRF token is sent along with also: { X-CSRF-Token: /csrf }`,
    ),
    'login:',
    `  url: ${text(url)}`,
    ...(method === 'POST' ? [] : [`  method: ${method}`]),
    ...(mediaType === 'application/json' ? [] : [`  mediaType: ${text(mediaType)}`]),
    `  body: ${JSON.stringify(body)}`,
    `  token: ${tokenText(token)}`,
    `  place: ${place}`,
  ]
}

function placeText({ in: where, name, prefix }: CredentialPlace): string {
  if (where === 'header' && name === 'Authorization' && prefix === 'Bearer ') return 'bearer'
  const more = prefix === '' ? '' : `, prefix: ${JSON.stringify(prefix)}`
  return `{ ${where}: ${text(name)}${where === 'header' ? more : ''} }`
}

const tokenText = ({ from, name }: LoginRecipe['token']): string =>
  from === 'body' ? text(name) : `{ ${from}: ${text(name)} }`

function resources({ resources: all, operations: operationsOf }: Plan): string[] {
  const asked = all.filter(({ name }) =>
    operationsOf.some((each) => each.resource === name || each.references.some((one) => one.resource === name)),
  )
  if (asked.length === 0) return [note('No operation names an object by an id, so there are no resources to speak of.')]
  return [
    note('What there is, and whose. ids: { alice: [1, 2] } names objects that exist already.'),
    'resources:',
    ...asked.flatMap((resource) => resourceLines(resource)),
  ]
}

function resourceLines(resource: Resource): string[] {
  const { name, create, read, list, owner, tenant, id, isUser, isTenant } = resource
  const from = [create && `made by ${create}`, read && `read by ${read}`, list && `listed by ${list}`].filter(Boolean)
  const isUnclear = resource.private === 'unknown' && !isTenant
  const keys = [
    ...(id === 'id' ? [] : [`    id: ${text(id)}`]),
    // Whoever says an owner says that it is private: where that is not clear, it is asked.
    ...(owner === null || isUnclear ? [] : [`    owner: ${text(owner)}`]),
    ...(tenant === null ? [] : [`    tenant: ${text(tenant)}`]),
    ...(resource.private === 'no' ? [`    shared: true ${note(resource.privateWhy)}`] : []),
  ]
  const which = `which ${name} is whose? Nothing makes or lists one; add ids: { alice: [ … ], bob: [ … ] }`
  const whose = `who owns a ${name}? ${resource.privateWhy}; add owner: ${owner ?? '<field>'} if it is that user's alone, or shared: true`
  const questions = [
    ...(create === null && list === null && !isUser ? [`    ${note(which)}`] : []),
    ...(isUnclear ? [`    ${note(whose)}`] : []),
  ]
  return [
    `  ${text(name)}:${keys.length === 0 ? ' {}' : ''}${from.length === 0 ? '' : ` ${note(from.join(', '))}`}`,
    ...keys,
    ...questions,
  ]
}

function operations({ operations: all }: Plan): string[] {
  const admin = all.filter(({ access }) => access === 'admin')
  const open = all.filter(({ access }) => access === 'public')
  const unclear = all.filter(({ access, purpose }) => access === 'unknown' && purpose !== 'auth')
  const ids = (some: readonly Operation[]) =>
    some
      .slice(0, 8)
      .map(({ id }) => id)
      .join(', ') + (some.length > 8 ? `, and ${some.length - 8} more` : '')
  return [
    note(
      'Who may call what, where the document does not say it well. leaveOut: true keeps an operation from being sent.',
    ),
    ...(admin.length === 0
      ? ['operations: {}']
      : ['operations:', ...admin.map(({ id }) => `  ${JSON.stringify(id)}: { access: admin }`)]),
    ...(open.length === 0 ? [] : [note(`Public, as the document has it: ${ids(open)}`)]),
    ...(unclear.length === 0
      ? []
      : [note(`Who may call these? Nothing says it, so signed-in people are tried: ${ids(unclear)}`)]),
  ]
}

const limits = (): string[] => [
  note('How hard it may be tried. Without allowWrites nothing is written on a target that is not this machine.'),
  'limits: { rate: 50, maxRequests: 20000 }',
  note('allowWrites: true'),
]

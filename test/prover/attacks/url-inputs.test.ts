import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { followersOf } from '../../../src/prover/attacks/api7/followers.ts'
import { urlCases, urlInputs } from '../../../src/prover/attacks/api7/url-inputs.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

const text = { type: 'string' }
const json = (properties: object, example?: object) => ({
  requestBody: {
    content: { 'application/json': { schema: { type: 'object', properties }, ...(example ? { example } : {}) } },
  },
  responses: { '200': { description: 'Done.' } },
})
const planWith = (paths: object) => planOf(readDocument(notesDocument({ paths })), { ...NO_HINTS, identities: PEOPLE })
const inputsOf = (properties: object, example?: object) => {
  const { operations } = planWith({ '/things': { post: json(properties, example) } })
  const found = operations.find(({ id }) => id === 'POST /things')
  return found ? urlInputs(found).map(({ at, form }) => `${form} ${at}`) : []
}

describe('places that take an address', () => {
  it.each([
    ['format', { home: { type: 'string', format: 'uri' } }, ['url /home']],
    ['name', { callbackUrl: text }, ['url /callbackUrl']],
    ['name of other spellings', { web_hook_url: text }, ['url /web_hook_url']],
    ['picture', { avatarUrl: text }, ['url /avatarUrl']],
    ['inner object', { hook: { type: 'object', properties: { url: text } } }, ['url /hook/url']],
    ['list', { feedUrls: { type: 'array', items: text } }, ['url /feedUrls/*']],
    ['host', { host: text }, ['host /host']],
    ['example', { place: { type: 'string', examples: ['https://example.com/x'] } }, ['url /place']],
    ['read only', { url: { type: 'string', readOnly: true } }, []],
    ['words of a list', { source: { type: 'string', enum: ['web', 'app'] } }, []],
    ['short text', { link: { type: 'string', maxLength: 8 } }, []],
    ['other texts', { title: text, email: { type: 'string', format: 'email' }, count: { type: 'integer' } }, []],
  ])('%s', (_told, properties, wanted) => {
    expect(inputsOf(properties)).toEqual(wanted)
  })

  it('in the example of a whole body', () => {
    expect(inputsOf({}, { place: 'https://example.com/x' })).toEqual(['url /place'])
  })

  it('in the query', () => {
    const plan = planWith({
      '/preview': {
        get: {
          parameters: [{ name: 'url', in: 'query', schema: text }],
          responses: { '200': { description: 'Done.' } },
        },
      },
    })
    expect(urlCases(plan, 9)).toMatchObject([{ variant: 'query url', owner: 'alice' }])
  })

  it('words that may mean anything are no case', () => {
    expect(urlCases(planWith({ '/trips': { post: json({ target: text, source: text, location: text }) } }), 9)).toEqual(
      [],
    )
  })
})

describe('operations that call what another one stored', () => {
  it('nearest first, without those that take an address themselves', () => {
    const plan = planWith({
      '/settings/webhook': { put: json({ url: text }) },
      '/settings/webhook/test': { post: { responses: { '200': { description: 'Done.' } } } },
      '/previews/fetch': { post: json({ url: text }) },
      '/notes/{noteId}/send': {
        post: {
          parameters: [{ name: 'noteId', in: 'path', required: true, schema: text }],
          responses: { '200': { description: 'Done.' } },
        },
      },
    })
    const stored = plan.operations.find(({ id }) => id === 'PUT /settings/webhook')
    expect(stored && followersOf(plan, stored).map(({ id }) => id)).toEqual(['POST /settings/webhook/test'])
  })
})

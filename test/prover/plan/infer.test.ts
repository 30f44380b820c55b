import { describe, expect, it } from 'vitest'
import { parseDocumentText } from '../../../src/contract/from-openapi/parse-document.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { inferLogin, placeOf } from '../../../src/prover/plan/infer-login.ts'
import type { AuthOperations, Plan } from '../../../src/prover/plan/plan.ts'
import { NO_HINTS, type PlanConfig } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { CALLS, COOKIES, ENVELOPE, JSON_API, KEYS, SOCIAL, SWAGGER, TENANTS } from './styles.ts'

const documentOf = (text: string) => readDocument(parseDocumentText(text, 'openapi.yaml'))
const plan = (text: string, config: Partial<PlanConfig> = {}): Plan =>
  planOf(documentOf(text), { ...NO_HINTS, identities: [], ...config })

/** `GET /notes/{id} · read · signed-in · note · path id=note`, one line an operation. */
const told = ({ operations }: Plan): readonly string[] =>
  operations.map(({ id, purpose, access, resource, produces, references }) =>
    [
      id,
      purpose,
      access,
      resource ?? '-',
      ...(produces ? [`makes ${produces.id}`] : []),
      ...references.map(
        (each) =>
          `${each.in} ${each.name}=${each.resource}${each.of === 'object' ? '' : `(${each.of})`}${each.many ? '[]' : ''}`,
      ),
    ].join(' · '),
  )

const resource = (text: string, name: string) => plan(text).resources.find((each) => each.name === name)
const steps = (auth: AuthOperations) => Object.fromEntries(Object.entries(auth).filter(([, id]) => id !== null))
const loginOf = (text: string) => {
  const document = documentOf(text)
  return inferLogin(document, plan(text).auth.login)
}

describe('public reading, slugs, everything wrapped by its name', () => {
  it('tells operations, sign-in and what is whose', () => {
    expect(told(plan(SOCIAL))).toEqual([
      'POST /users/login · auth · public · -',
      'POST /users · auth · public · -',
      'GET /user · other · signed-in · -',
      'PUT /user · action · signed-in · -',
      'GET /profiles/{username} · read · public · profile · path username=profile',
      'POST /profiles/{username}/follow · action · signed-in · profile · path username=profile',
      'GET /articles · list · public · article · query author=user(user)',
      'POST /articles · create · signed-in · article · makes /article/slug',
      'GET /articles/{slug} · read · public · article · path slug=article',
      'PUT /articles/{slug} · update · signed-in · article · path slug=article',
      'DELETE /articles/{slug} · delete · signed-in · article · path slug=article',
      'GET /articles/{slug}/comments · list · public · comment · path slug=article',
      'POST /articles/{slug}/comments · create · signed-in · comment · makes /comment/id · path slug=article',
      'DELETE /articles/{slug}/comments/{id} · delete · signed-in · comment · path slug=article · path id=comment',
      'POST /articles/{slug}/favorite · action · signed-in · article · path slug=article',
    ])
    expect(steps(plan(SOCIAL).auth)).toEqual({
      login: 'POST /users/login',
      register: 'POST /users',
      whoAmI: 'GET /user',
    })
    expect(resource(SOCIAL, 'article')).toMatchObject({
      id: 'slug',
      owner: 'author/username',
      replyAt: '/article',
      private: 'no',
      privateWhy: 'GET /articles is public',
    })
    expect(resource(SOCIAL, 'comment')).toMatchObject({ id: 'id', parent: 'article', read: null, private: 'no' })
    expect(resource(SOCIAL, 'profile')).toMatchObject({ id: 'username', isUser: true, private: 'no' })
  })

  it('signs in with a nested body, and shows the token after the word that the document names', () => {
    expect(loginOf(SOCIAL)).toEqual({
      recipe: {
        url: '/users/login',
        method: 'POST',
        mediaType: 'application/json',
        headers: {},
        body: { user: { email: '{username}', password: '{password}' } },
        token: { from: 'body', name: '/user/token' },
        also: {},
      },
      place: { in: 'header', name: 'Authorization', prefix: 'Token ' },
    })
  })
})

describe('JSON:API', () => {
  it('tells ids in relationships, whose a thing is, and a login by form', () => {
    expect(told(plan(JSON_API))).toEqual([
      'GET /api/v1/work-orders · list · signed-in · workOrder',
      'POST /api/v1/work-orders · create · signed-in · workOrder · makes /data/id · body /data/relationships/owner/data/id=user(user) · body /data/relationships/depot/data/id=depot',
      'GET /api/v1/work-orders/{work_order_id} · read · signed-in · workOrder · path work_order_id=workOrder',
      'PATCH /api/v1/work-orders/{work_order_id} · update · signed-in · workOrder · path work_order_id=workOrder',
      'GET /api/v1/depots/{id} · read · signed-in · depot · path id=depot',
      'POST /api/v1/oauth/token · auth · public · -',
    ])
    expect(resource(JSON_API, 'workOrder')).toMatchObject({
      id: 'id',
      owner: 'relationships/owner/data/id',
      replyAt: '/data',
      private: 'yes',
    })
    expect(loginOf(JSON_API)?.recipe).toMatchObject({
      mediaType: 'application/x-www-form-urlencoded',
      body: { grant_type: 'password', username: '{username}', password: '{password}' },
      token: { from: 'body', name: '/access_token' },
    })
  })
})

describe('envelopes, integer ids, everything below a user, no security schemes', () => {
  it('tells what is whose, what is a catalogue, and what is an admin’s by its words', () => {
    expect(told(plan(ENVELOPE))).toEqual([
      'POST /auth/sign-in · auth · unknown · -',
      'POST /auth/sign-out · auth · unknown · -',
      'POST /auth/password/change · auth · unknown · -',
      'POST /auth/password/forgot · auth · unknown · -',
      'POST /auth/password/reset · auth · unknown · -',
      'GET /users/{userId}/orders · list · signed-in · order · path userId=user',
      'POST /users/{userId}/orders · create · unknown · order · makes /item/order_id · path userId=user · body /lines/*/product_id=product',
      'GET /users/{userId}/orders/{orderId} · read · signed-in · order · path userId=user · path orderId=order',
      'GET /users/{userId}/orders/{orderId}/receipt.pdf · read · signed-in · order · path userId=user · path orderId=order',
      'POST /orders/merge · action · unknown · order · body /orderIds/*=order[]',
      'GET /products · list · signed-in · product',
      'POST /products · create · admin · product · makes /id',
      'GET /products/{productId} · read · signed-in · product · path productId=product',
    ])
    expect(steps(plan(ENVELOPE).auth)).toEqual({
      login: 'POST /auth/sign-in',
      logout: 'POST /auth/sign-out',
      changePassword: 'POST /auth/password/change',
      forgotPassword: 'POST /auth/password/forgot',
      resetPassword: 'POST /auth/password/reset',
    })
    expect(resource(ENVELOPE, 'order')).toMatchObject({
      id: 'order_id',
      owner: 'customer/id',
      parent: 'user',
      replyAt: '/item',
      read: 'GET /users/{userId}/orders/{orderId}',
      private: 'yes',
    })
    expect(resource(ENVELOPE, 'product')).toMatchObject({ private: 'no', owner: null })
    expect(loginOf(ENVELOPE)?.recipe).toMatchObject({
      body: { login: '{username}', passwd: '{password}' },
      token: { from: 'body', name: '/data/accessToken' },
    })
  })
})

describe('tenants in paths and headers', () => {
  it('tells tenants from objects, and does not call a team’s project private', () => {
    expect(told(plan(TENANTS))).toEqual([
      'GET /orgs/{orgSlug}/projects · list · signed-in · project · path orgSlug=org(tenant)',
      'POST /orgs/{orgSlug}/projects · create · signed-in · project · makes /id · path orgSlug=org(tenant)',
      'GET /orgs/{orgSlug}/projects/{projectId} · read · signed-in · project · path orgSlug=org(tenant) · path projectId=project',
      'DELETE /orgs/{orgSlug}/projects/{projectId} · delete · admin · project · path orgSlug=org(tenant) · path projectId=project',
      'GET /reports · list · signed-in · report · header X-Workspace-Id=workspace(tenant) · query accountId=account(tenant)',
      'GET /reports/{reportId} · read · signed-in · report · path reportId=report · header X-Workspace-Id=workspace(tenant)',
      'GET /internal/stats · other · admin · -',
      'GET /admin/orgs · other · admin · -',
      'GET /me · other · signed-in · -',
    ])
    expect(resource(TENANTS, 'org')).toMatchObject({ isTenant: true })
    expect(resource(TENANTS, 'project')).toMatchObject({
      owner: 'ownerId',
      tenant: 'orgId',
      parent: 'org',
      private: 'unknown',
    })
    expect(resource(TENANTS, 'report')).toMatchObject({
      id: '_id',
      owner: 'createdBy',
      tenant: 'workspaceId',
      private: 'unknown',
    })
  })
})

describe('a session in a cookie', () => {
  it('tells the session, private documents by their words, and a webhook', () => {
    expect(told(plan(COOKIES))).toEqual([
      'POST /session · auth · public · -',
      'DELETE /session · auth · signed-in · -',
      'GET /account · other · signed-in · -',
      'GET /documents · list · signed-in · document',
      'POST /documents · create · signed-in · document · makes /key',
      'GET /documents/{key} · read · signed-in · document · path key=document',
      'DELETE /documents/{key} · delete · signed-in · document · path key=document',
      'GET /documents/{key}/download · read · signed-in · document · path key=document',
      'GET /public/pages/{page} · other · public · -',
      'POST /webhooks/payments · webhook · public · -',
    ])
    expect(resource(COOKIES, 'document')).toMatchObject({
      id: 'key',
      read: 'GET /documents/{key}',
      private: 'yes',
      privateWhy: 'its description says that it is the caller’s own',
    })
    const login = loginOf(COOKIES)
    expect(login?.place).toEqual({ in: 'cookie', name: 'sid', prefix: '' })
    expect(login?.recipe).toMatchObject({
      url: '/session',
      mediaType: 'application/x-www-form-urlencoded',
      token: { from: 'cookie', name: 'sid' },
    })
  })
})

describe('an API key, ids in queries', () => {
  it('tells the object that a query names, dates that name none, and the key of admins', () => {
    expect(told(plan(KEYS))).toEqual([
      'GET /v2/device · read · signed-in · device · query id=device',
      'GET /v2/devices · list · signed-in · device · query owner_id=user(user)',
      'POST /v2/telemetry · action · signed-in · - · body /device_id=device',
      'GET /v2/reports/{year}/{month} · other · signed-in · -',
      'GET /v2/keys · other · admin · -',
    ])
    expect(placeOf(documentOf(KEYS))).toEqual({ in: 'header', name: 'X-Api-Key', prefix: '' })
    expect(resource(KEYS, 'device')).toMatchObject({ read: 'GET /v2/device', owner: 'owner_id', private: 'yes' })
  })
})

describe('calls by POST', () => {
  it('tells purposes by verbs, and ids in bodies', () => {
    expect(told(plan(CALLS))).toEqual([
      'POST /rpc/invoices.list · list · signed-in · invoice · body /customerId=user(user)',
      'POST /rpc/invoices.get · read · signed-in · invoice · body /invoiceId=invoice',
      'POST /rpc/invoices.create · create · signed-in · invoice · makes /result/invoiceId',
      'POST /rpc/deleteInvoice · delete · signed-in · invoice · body /id=invoice',
      'POST /rpc/sendReminder · action · signed-in · - · body /invoiceIds/*=invoice[]',
    ])
    expect(resource(CALLS, 'invoice')).toMatchObject({ id: 'invoiceId', owner: 'userId', replyAt: '/result' })
  })
})

describe('Swagger 2.0', () => {
  it('tells singular collections and updates with the id in the body', () => {
    expect(told(plan(SWAGGER))).toEqual([
      'POST /pet · create · signed-in · pet · makes /id · body /id=pet',
      'PUT /pet · update · signed-in · pet · body /id=pet',
      'GET /pet/findByStatus · list · public · pet',
      'GET /pet/{petId} · read · signed-in · pet · path petId=pet',
      'POST /pet/{petId} · update · signed-in · pet · path petId=pet',
      'GET /store/order/{orderId} · read · signed-in · order · path orderId=order',
    ])
    expect(placeOf(documentOf(SWAGGER))).toEqual({ in: 'header', name: 'api_key', prefix: '' })
  })
})

describe('hints', () => {
  it('stand before what is inferred', () => {
    const hinted = plan(KEYS, {
      resources: { device: { shared: true, owner: 'keeper', id: 'serial', ids: { alice: ['7'] } } },
      operations: {
        'GET /v2/keys': { access: 'public', leaveOut: true },
        'POST /v2/telemetry': { references: { '/readings': 'reading' }, body: { device_id: 7 } },
      },
    })
    expect(hinted.resources.find(({ name }) => name === 'device')).toMatchObject({
      private: 'no',
      owner: 'keeper',
      id: 'serial',
      known: { alice: ['7'] },
    })
    const [telemetry, keys] = ['POST /v2/telemetry', 'GET /v2/keys'].map((id) =>
      hinted.operations.find((each) => each.id === id),
    )
    expect(keys).toMatchObject({ access: 'public', leftOut: true })
    expect(telemetry?.samples[0]).toMatchObject({ body: { device_id: 7 } })
  })

  it('that fit nothing are told with what is there', () => {
    const { notes } = plan(KEYS, { resources: { devise: { shared: true } }, operations: { 'GET /v2/devises': {} } })
    expect(notes).toContain('resources: no operation speaks of devise; there are device')
    expect(notes.find((note) => note.startsWith('operations: GET /v2/devises'))).toMatch(
      /there are GET \/v2\/devices?, GET \/v2\/devices?,/,
    )
  })

  it('an account signs in as the document says, where the configuration leaves it to it', () => {
    const identity = {
      name: 'alice',
      kind: 'user',
      tenant: null,
      roles: [],
      spare: false,
      account: { username: 'alice@example.com', password: 'a-secret' },
      subject: null,
      place: { in: 'header', name: 'X', prefix: '' },
      source: {
        kind: 'login',
        login: {
          url: '',
          method: 'POST',
          mediaType: '',
          headers: {},
          body: undefined,
          token: { from: 'body', name: '/token' },
          also: {},
        },
      },
    } as const
    const [alice] = plan(COOKIES, { identities: [identity], unsaid: { alice: ['login', 'place'] } }).identities
    expect(alice?.place).toEqual({ in: 'cookie', name: 'sid', prefix: '' })
    expect(alice?.source).toMatchObject({
      kind: 'login',
      login: { url: '/session', body: { email: 'alice@example.com', password: 'a-secret' }, token: { from: 'cookie' } },
    })
  })
})

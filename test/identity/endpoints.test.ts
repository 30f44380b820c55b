import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api, isOpen } from '../../src/contract/api.ts'
import { schemaOfBody } from '../../src/contract/body.ts'
import { compileProjection } from '../../src/contract/projection.ts'
import { schemaOfReply } from '../../src/contract/reply.ts'
import { jsonSchemaOf } from '../../src/contract/schema.ts'
import { identityEndpoints } from '../../src/identity/endpoints/identity-endpoints.ts'
import { joinedSchema } from '../../src/identity/joined-schema.ts'
import { userResource } from '../../src/identity/users-resource.ts'

const profile = z.strictObject({ name: z.string().trim().min(2).max(50), age: z.int().min(13).max(120) })
const users = userResource({ profile, fields: { age: { read: false } } })
const made = identityEndpoints({ prefix: '/api/v1', users, profile })

describe('the endpoints of identity', () => {
  it('are where they should be, and sound', () => {
    expect(made.all.map(({ id }) => id).sort()).toEqual(
      [
        'POST /api/v1/auth/register',
        'POST /api/v1/auth/login',
        'POST /api/v1/auth/refresh',
        'POST /api/v1/auth/logout',
        'POST /api/v1/auth/logout-everywhere',
        'GET /api/v1/me',
        'GET /.well-known/jwks.json',
        'POST /api/v1/api-keys',
        'GET /api/v1/api-keys',
        'DELETE /api/v1/api-keys/:apiKey',
        'GET /api/v1/sessions',
        'DELETE /api/v1/sessions/:session',
        'POST /api/v1/auth/logout-others',
        'POST /api/v1/me/password',
      ].sort(),
    )
    const contract = api({ title: 'Test', endpoints: made.all })
    expect([contract.faults, ...made.all.map(({ faults }) => faults)].flat()).toEqual([])
    expect(contract.resources.map(({ name }) => name).sort()).toEqual(['apiKey', 'session', 'user'])
    for (const { reply } of made.all) {
      const schema = schemaOfReply(reply)
      if (schema) expect(compileProjection(jsonSchemaOf(schema, 'output')).faults).toEqual([])
    }
  })

  it('are open where one gets a credential and nowhere else; API keys call none of them', () => {
    expect(made.all.filter(isOpen)).toEqual([made.register, made.login, made.refresh, made.jwks])
    for (const { clients } of made.all) expect(clients).toBeNull()
  })

  it('limit login by address and account, 5 a minute each', () => {
    expect(made.login.limit).toMatchObject({
      rate: { count: 5, windowSeconds: 60 },
      by: [{ key: { from: 'body', name: 'email' }, count: 5, windowSeconds: 60 }],
    })
  })

  it('register takes profile, address and password and nothing else', async () => {
    const schema = schemaOfBody(made.register.body)
    const good = { name: '  Ann  ', age: 20, email: 'ann@example.com', password: 'Kx9!vmqLtz' }
    const validate = async (value: unknown) => schema?.['~standard'].validate(value)
    expect(await validate(good)).toEqual({ value: { ...good, name: 'Ann' } })
    for (const extra of ['role', 'roles', 'id', 'tenantId', 'disabled', 'isAdmin']) {
      expect(await validate({ ...good, [extra]: 'admin' })).toMatchObject({ issues: [{ path: [extra] }] })
    }
    expect(await validate({ ...good, name: ' A ' })).toMatchObject({ issues: [{ path: ['name'] }] })
    for (const missing of Object.keys(good))
      expect(await validate({ ...good, [missing]: undefined })).toHaveProperty('issues')
    for (const value of [null, [], 'x', 1]) expect(await validate(value)).toHaveProperty('issues')
  })

  it('refuse an unknown key and a prefix that is no path', () => {
    expect(() => identityEndpoints({ users, profile, paths: {} } as never)).toThrow(/unknown key paths/)
    expect(() => identityEndpoints({ users, profile, prefix: '/api/v1/' })).toThrow(/no path|prefix is/)
  })
})

describe('the user resource', () => {
  it('has the fields of every user and those of the profile', () => {
    expect(Object.keys(jsonSchemaOf(users.schema, 'output').properties ?? {})).toEqual([
      'id',
      'tenantId',
      'email',
      'roles',
      'disabled',
      'createdAt',
      'name',
      'age',
    ])
    expect(users).toMatchObject({ name: 'user', owner: 'id', tenant: 'tenantId' })
    expect(users.fields.email).toMatchObject({ seal: true, mask: 'email' })
    expect(users.fields.age).toEqual({ read: false })
  })

  it('refuses a profile that redefines them, or is loose', () => {
    expect(() => userResource({ profile: z.strictObject({ roles: z.string().max(5) }) })).toThrow(
      /cannot have the field roles/,
    )
    expect(() => userResource({ profile: z.object({ name: z.string().max(5) }) })).toThrow(/strict object/)
    expect(() => joinedSchema(z.string(), profile)).toThrow(/strict object/)
  })
})

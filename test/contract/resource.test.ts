import { resource } from 'turnpike'
import { expect, test } from 'vitest'
import { z } from 'zod'

const make = (config: object) =>
  resource('thing', {
    schema: z.strictObject({ id: z.uuid(), userId: z.uuid() }),
    id: 'id',
    owner: 'userId',
    tenant: null,
    find: () => [],
    ...config,
  })

test('a field that JSON Schema cannot say is named, with what to write', () => {
  expect(() =>
    make({ schema: z.strictObject({ id: z.uuid(), userId: z.uuid(), inner: z.strictObject({ at: z.date() }) }) }),
  ).toThrow(
    'resource "thing": inner/at: Date cannot be represented in JSON Schema; write for example z.iso.datetime() for a date',
  )
})

test('a key that is no field is refused', () => {
  expect(() => make({ owner: 'ownerId' })).toThrow(
    'resource "thing": "ownerId" is no field of its schema; it has id, userId',
  )
})

test('an object that nobody owns needs a read rule', () => {
  expect(() => make({ owner: null })).toThrow('resource "thing" has no owner')
})

test.each([
  ['owner', "'<field>', or owner: null when it is nobody’s"],
  ['tenant', "'<field>', or tenant: null when the API has no tenants"],
])('a missing %s is named, with what to write', (key, write) => {
  expect(() => make({ [key]: undefined })).toThrow(
    new TypeError(`resource "thing" has no key "${key}"; write ${key}: ${write}`),
  )
})

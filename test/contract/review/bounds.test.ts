import { expect, test } from 'vitest'
import { z } from 'zod'
import { unboundedness } from '../../../src/contract/review/bounds.ts'
import { jsonSchemaOf } from '../../../src/contract/schema.ts'

test.each([
  ['a uuid', z.uuid()],
  ['a date', z.iso.date()],
  ['a date with time', z.iso.datetime()],
  ['an IPv4 address', z.ipv4()],
  ['a string with an end', z.string().max(5)],
  ['one of some words', z.enum(['a', 'b'])],
  ['a pattern with an end', z.string().regex(/^[a-z]{1,20}-\d$/)],
  ['a pattern with an escaped plus', z.string().regex(/^\+\d{3,15}$/)],
  ['a whole number', z.int()],
  ['a number from one to two', z.number().min(1).max(2)],
  ['a list with an end', z.array(z.boolean()).max(3)],
  ['a strict object', z.strictObject({})],
  ['true or false', z.boolean()],
  ['nothing', z.null()],
])('%s has a bound', (_name, schema) => {
  expect(unboundedness(jsonSchemaOf(schema, 'input'))).toBeNull()
})

test.each([
  ['a string', z.string()],
  ['a string with a beginning only', z.string().min(5)],
  ['a pattern that is open at the end', z.string().regex(/^[a-z]{1,20}/)],
  ['a pattern with a star', z.string().regex(/^a*$/)],
  ['a pattern without a last count', z.string().regex(/^a{2,}$/)],
  ['a number with a beginning only', z.number().min(1)],
  ['a list', z.array(z.boolean())],
  ['a record', z.record(z.string().max(5), z.boolean())],
])('%s has none', (_name, schema) => {
  expect(unboundedness(jsonSchemaOf(schema, 'input'))).not.toBeNull()
})

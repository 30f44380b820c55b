import { hashRaw } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { passwordHasher } from '../../src/identity/password-hash.ts'

// From the test program of the reference implementation (P-H-C/phc-winner-argon2, src/test.c, version 19): passes, log2 of KiB, lanes.
const ANSWERS: readonly (readonly [number, number, number, string, string, string])[] = [
  [2, 16, 1, 'password', 'somesalt', '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
  [2, 8, 1, 'password', 'somesalt', '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  [2, 8, 2, 'password', 'somesalt', '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
  [1, 16, 1, 'password', 'somesalt', 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98'],
  [4, 16, 1, 'password', 'somesalt', '9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c'],
  [2, 16, 1, 'differentpassword', 'somesalt', '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde'],
  [2, 16, 1, 'password', 'diffsalt', 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c'],
]

const ARGON2ID = 2
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '')

describe('argon2id known answers', () => {
  it.each(ANSWERS)(
    '%i passes, 2^%i KiB, %i lanes, %s, %s',
    async (passes, logMemory, lanes, password, salt, answer) => {
      const memoryCost = 2 ** logMemory
      const options = {
        algorithm: ARGON2ID,
        memoryCost,
        timeCost: passes,
        parallelism: lanes,
        outputLen: 32,
        salt: Buffer.from(salt),
      }
      expect((await hashRaw(password, options)).toString('hex')).toBe(answer)
      const stored = `$argon2id$v=19$m=${memoryCost},t=${passes},p=${lanes}$${base64(Buffer.from(salt))}$${base64(Buffer.from(answer, 'hex'))}`
      const hasher = passwordHasher()
      expect(await hasher.verify(password, stored)).toBe(true)
      expect(await hasher.verify(`${password}x`, stored)).toBe(false)
      expect(hasher.needsRehash(stored)).toBe(true)
    },
  )
})

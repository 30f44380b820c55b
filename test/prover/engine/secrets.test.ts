import { describe, expect, it } from 'vitest'
import { hideCookies, hideFresh, Placeholders } from '../../../src/prover/engine/secrets.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1LWFsaWNlIn0.WtYNPpfGa5jl0ayhzqvEIi51-DFBqs3DvgCCASeYJJA'

describe('what is kept of an answer', () => {
  it('holds no token that it hands out', () => {
    expect(hideFresh(`{"token":"${JWT}","expiresIn":900}`)).toBe('{"token":"$JWT","expiresIn":900}')
    expect(hideFresh(`{"refresh_token" : "0123456789abcdef"}`)).toBe('{"refresh_token" : "$SECRET"}')
    expect(hideFresh('{"apiKey":"tp_1_\\"quoted\\""}')).toBe('{"apiKey":"$SECRET"}')
    expect(hideCookies('sid=0123456789abcdef; Path=/; HttpOnly\ntheme=dark')).toBe(
      'sid=$COOKIE; Path=/; HttpOnly\ntheme=dark',
    )
  })

  it('keeps placeholders and everything else', () => {
    for (const text of [
      '{"token":"$TOKEN_ALICE"}',
      '{"tokenType":"Bearer"}',
      '{"title":"a token of thanks"}',
      'eyJ.eyJ.x',
    ])
      expect(hideFresh(text)).toBe(text)
    expect(hideCookies('sid=$COOKIE_ALICE; Path=/')).toBe('sid=$COOKIE_ALICE; Path=/')
  })

  it('names the credentials that are known, encoded ones too', () => {
    const placeholders = new Placeholders()
    placeholders.add('TOKEN_alice-1', 'a b+secret')
    expect(placeholders.hide('a b+secret and a%20b%2Bsecret')).toBe('$TOKEN_ALICE_1 and $TOKEN_ALICE_1')
  })
})

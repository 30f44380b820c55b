import { describe, expect, it } from 'vitest'
import { hideCookies, hideFresh, hideHeader, Placeholders } from '../../../src/prover/engine/secrets.ts'

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

  it('knows them however they are written', () => {
    const password = `p"a\\ss/wo'rd & <ü>+ 1`
    const placeholders = new Placeholders()
    placeholders.add('PASSWORD_alice', password)
    const spellings = [
      JSON.stringify({ password }),
      JSON.stringify({ password }).replaceAll('/', '\\/'),
      `/x?p=${encodeURIComponent(password)}`,
      new URLSearchParams({ password }).toString(),
      `<b>p&quot;a\\ss/wo&#39;rd &amp; &lt;ü&gt;+ 1</b>`,
      Buffer.from(password).toString('base64'),
    ]
    for (const text of spellings) {
      const hidden = placeholders.hide(text)
      expect(hidden).toContain('$PASSWORD_ALICE')
      expect(hidden).not.toMatch(/ss.{1,2}wo|ss%2Fwo|cCJh/)
    }
  })

  it('hides the longer of two that begin alike, and what is not Unicode', () => {
    const placeholders = new Placeholders()
    placeholders.add('TOKEN_alice', 'tp_abcdef')
    placeholders.add('TOKEN_bob', 'tp_abcdef_ghijkl')
    placeholders.add('TOKEN_carol', 'half\ud800pair')
    expect(placeholders.hide('tp_abcdef_ghijkl tp_abcdef half\ud800pair')).toBe('$TOKEN_BOB $TOKEN_ALICE $TOKEN_CAROL')
  })

  it('learns what answers hand out, so that it is hidden where it is sent', () => {
    const placeholders = new Placeholders()
    placeholders.learn(
      '{"refreshToken":"r3fresh-0123456789-opaque","token":"a word"}',
      'sid=c00kie-0123456789-opaque; Path=/',
    )
    expect(placeholders.hide('{"refreshToken":"r3fresh-0123456789-opaque"}')).toBe('{"refreshToken":"$SECRET"}')
    expect(placeholders.hide('Cookie: sid=c00kie-0123456789-opaque')).toBe('Cookie: sid=$SECRET')
    expect(placeholders.hide('a word')).toBe('a word')
  })

  it('hides credentials in headers, and new keys under any name', () => {
    expect(hideHeader('x-auth-token', 'opaque-0123456789')).toBe('$SECRET')
    expect(hideHeader('authorization', 'Bearer opaque-0123456789')).toBe('Bearer $SECRET')
    expect(hideHeader('content-type', 'application/json; charset=utf-8')).toBe('application/json; charset=utf-8')
    expect(hideFresh('{"key":"tp_k1_0123456789abcdef","keyName":"for the invoices"}')).toBe(
      '{"key":"$SECRET","keyName":"for the invoices"}',
    )
  })
})

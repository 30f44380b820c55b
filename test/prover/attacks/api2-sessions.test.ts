import { afterLogout } from '../../../src/prover/attacks/api2/after-logout.ts'
import { afterPasswordChange } from '../../../src/prover/attacks/api2/after-password-change.ts'
import { changeWithoutCurrent } from '../../../src/prover/attacks/api2/change-without-current.ts'
import { loginGuessing } from '../../../src/prover/attacks/api2/login-guessing.ts'
import { parallelRefresh } from '../../../src/prover/attacks/api2/parallel-refresh.ts'
import { refreshReplay } from '../../../src/prover/attacks/api2/refresh-replay.ts'
import { resetCodeGuessing } from '../../../src/prover/attacks/api2/reset-code-guessing.ts'
import { userEnumeration } from '../../../src/prover/attacks/api2/user-enumeration.ts'
import { type AttackFixture, describeAttack } from '../fixtures/describe-attack.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'
import { type SessionFaults, sessionDocument, sessionNotes } from '../fixtures/session-notes.ts'

/** The notes API with sessions: wrong in one way, and as it should be. */
const describeSessions = (
  attack: AttackFixture['attack'],
  vulnerable: SessionFaults,
  name?: string,
  fixed: SessionFaults = {},
): void =>
  describeAttack({
    attack,
    document: sessionDocument(),
    vulnerable: sessionNotes(vulnerable),
    fixed: sessionNotes(fixed),
    ...(name === undefined ? {} : { name }),
  })

describeSessions(afterLogout, { tokenOutlivesLogout: true }, 'the access token')
describeSessions(afterLogout, { refreshOutlivesLogout: true }, 'the refresh token')
describeSessions(afterPasswordChange, { othersOutlivePasswordChange: true })
describeSessions(refreshReplay, { spentRefreshWorks: true })
describeSessions(refreshReplay, { refreshIsNotReplaced: true }, 'never replaced')
describeSessions(parallelRefresh, { refreshRaces: true })
describeSessions(loginGuessing, { guessesAreFree: true })
describeSessions(loginGuessing, { guessesAreFree: true }, 'a twin that locks silently', { brake: 'silent lock' })
describeSessions(loginGuessing, { guessesAreFree: true }, 'a twin that asks for a captcha', { brake: 'captcha' })
describeSessions(userEnumeration, { loginTells: 'status', guessesAreFree: true }, 'login by status')
describeSessions(userEnumeration, { loginTells: 'body' }, 'login by body')
describeSessions(userEnumeration, { loginTells: 'time' }, 'login by time')
describeSessions(userEnumeration, { forgotTells: true }, 'forgotten password')
describeSessions(userEnumeration, { registrationTells: 'unlimited' }, 'registration', { registrationTells: 'limited' })
describeSessions(resetCodeGuessing, { codesAreFree: true })
describeSessions(changeWithoutCurrent, { currentPassword: 'ignored' })
describeSessions(changeWithoutCurrent, { currentPassword: 'optional' }, 'left out')

/** What leaves an account whole needs nobody to spare: an ordinary user lends a session. */
const people = PEOPLE.filter(({ spare }) => !spare)
for (const [attack, faults] of [
  [afterLogout, { tokenOutlivesLogout: true }],
  [refreshReplay, { spentRefreshWorks: true }],
  [parallelRefresh, { refreshRaces: true }],
  [userEnumeration, { forgotTells: true }],
] as const)
  describeAttack({
    attack,
    name: 'nobody to spare',
    document: sessionDocument(),
    people,
    vulnerable: sessionNotes(faults),
    fixed: sessionNotes(),
  })

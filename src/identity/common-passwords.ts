/**
 * Words that people build passwords from, in lower case and plain letters. Together with what a password says of its owner they decide what
 * is left of it; see `passwordPolicy`. A longer list can be plugged in.
 */
export const COMMON_WORDS: readonly string[] = [
  'password', 'passwort', 'passwd', 'passphrase', 'letmein', 'welcome', 'admin', 'administrator', 'root', 'login', 'master', 'secret', 'qwerty',
  'qwertz', 'azerty', 'qwertyuiop', 'asdfghjkl', 'asdfgh', 'asdf', 'zxcvbnm', 'zxcvbn', 'qazwsx', 'qazwsxedc', 'abcdefghijklmnopqrstuvwxyz', 'abcdef',
  'abcd', 'abc', 'iloveyou', 'loveyou', 'ilove', 'sunshine', 'princess', 'monkey', 'dragon', 'football', 'baseball', 'basketball', 'superman', 'batman',
  'spiderman', 'pokemon', 'starwars', 'trustno', 'shadow', 'michael', 'jordan', 'jennifer', 'ashley', 'jessica', 'charlie', 'daniel', 'thomas',
  'summer', 'winter', 'spring', 'autumn', 'monday', 'january', 'changeme', 'changeit', 'default', 'guest', 'test', 'tester', 'user', 'demo', 'temp',
  'hello', 'freedom', 'whatever', 'computer', 'internet', 'access', 'flower', 'cheese', 'killer', 'hunter', 'ranger', 'buster', 'soccer', 'hockey',
  'harley', 'mustang', 'corvette', 'ferrari', 'mercedes', 'porsche', 'yankees', 'arsenal', 'liverpool', 'chelsea', 'manchester', 'google', 'facebook',
  'samsung', 'correcthorsebatterystaple',
]

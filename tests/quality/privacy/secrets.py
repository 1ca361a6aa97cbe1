"""Labelled lines: what holds a secret, and what only speaks of one. All secrets are made up on the spot."""

from __future__ import annotations

import base64
import random
import string

ALL = string.ascii_letters + string.digits


def _made(draw: random.Random, length: int, signs: str = ALL) -> str:
    return draw.choice(string.ascii_lowercase) + draw.choice(string.digits) + "".join(draw.choices(signs, k=length - 2))


def held(part: int, rounds: int = 12) -> list[tuple[str, str]]:
    """(text, its secret)."""
    draw = random.Random(f"secrets {part}")
    found = []
    for _ in range(rounds):
        word, long, upper = (
            _made(draw, 10, ALL + "!#%&*"),
            _made(draw, 36),
            "".join(draw.choices(string.ascii_uppercase + string.digits, k=16)),
        )
        jwt = (
            ".".join("eyJ" + base64.urlsafe_b64encode(_made(draw, 24).encode()).decode().rstrip("=") for _ in range(2))
            + "."
            + _made(draw, 30)
        )
        key = f"-----BEGIN RSA PRIVATE KEY-----\n{_made(draw, 60)}\n{_made(draw, 60)}\n-----END RSA PRIVATE KEY-----"
        lines = (
            [
                (f"The password is {word}", word),
                (f"password: {word}", word),
                (f"export DB_PASSWORD='{word}'", word),
                (f"AWS_ACCESS_KEY_ID=AKIA{upper}", upper),
                (f"git clone https://reader:{word.strip('#%&*!')}@git.example.org/x.git", word.strip("#%&*!")),
                (f"curl -H 'Authorization: Bearer {long}' https://x.example.org", long),
                (f"token = ghp_{long}", long),
                (key, key.split("\n")[1]),
                (f'"api_key": "{long}",', long),
                (f"密码：{word}", word),
            ],
            [
                (f"Login with user guest, passwd {word!r}", word),
                (f"pwd={word}", word),
                (f"client_secret => {long}", long),
                (f"aws key ASIA{upper} of the test account", upper),
                (f"postgresql://boss:{word.strip('#%&*!')}@db.example.org/cond", word.strip("#%&*!")),
                (f"Bearer {jwt}", jwt.split(".")[2]),
                (f"use glpat-{long[:20]} for the runner", long[:20]),
                (key.replace("RSA ", "OPENSSH "), key.split("\n")[2]),
                (f"HF token hf_{long}", long),
                (f"passphrase is: {word}", word),
            ],
            [  # written after the rules had been changed for the second list, and never looked at since
                (f"my password was {word}, now it is another", word),
                (f"$ mysql -u boss --password={word}", word),
                (f"DB_PASS: {word!r}", word),
                (f'secret_key = "{long}"', long),
                (f"amqp://worker:{word.strip('#%&*!')}@queue.example.org:5672//", word.strip("#%&*!")),
                (f"Authorization: Basic {long}", long),
                (f"slack xoxb-{long[:24]}", long[:24]),
                (f"SLACK_API_TOKEN='{long}'", long),
                (f"口令是 {word}", word),
                (key.replace("RSA ", ""), key.split("\n")[1]),
                (f"access_token={long}&expires=3600", long),
                (f"the new pwd is {word}", word),
            ],
            [  # the fourth, for the same reason
                (f"Wifi at the workshop: network guests, password: {word}", word),
                (f"PGPASSWORD={word} psql -h db.example.org", word),
                (f"spring.datasource.password={word}", word),
                (f"<password>{word}</password>", word),
                (f"password = {word!r}  # for the test server", word),
                (f"the root password (temporarily) is {word}", word),
                (f"user/password: guest/{word}", word),
                (f"GITHUB_TOKEN: ghs_{long}", long),
                (f"npm config set //registry.example.org/:_authToken npm_{long}", long),
                (f"key AIza{long[:35]} for the map", long[:35]),
                (f"OPENAI_API_KEY=sk-{long}", long),
                (f"mongodb+srv://reader:{word.strip('#%&*!')}@cluster.example.org/runs", word.strip("#%&*!")),
                (f"x-api-key: {long}", long),
                (f'{{"token": "{long}", "expires": 3600}}', long),
                (f"secret: {long}", long),
                (f"aws_secret_access_key = {long}", long),
                (f"My passphrase is {word}", word),
                (f"Password for the account: {word}", word),
                (f"密码是：{word}", word),
                (key.replace("RSA ", "EC "), key.split("\n")[2]),
            ],
            [  # the fifth, which is reported
                (f"ssh guest@node01 (pw: {word}) to see the log", word),
                (f"$ export GRID_PASSPHRASE={word}", word),
                (f"PASSWORD:={word}", word),
                (f"credentials: {long}", long),
                (f"Your temporary password:\n{word}", word),
                (f"conn = connect(user='boss', password='{word}', host='db')", word),
                (f"redis://:{word.strip('#%&*!')}@cache.example.org:6379", word.strip("#%&*!")),
                (f"refresh_token: {long}", long),
                (f"- name: API_TOKEN\n  value: {long}", long),
                (f"--token {long}", long),
                (f"secret={long}", long),
                (f"the password of the guest account is {word}.", word),
                (f"Authorization: token {long}", long),
                (f"https://hooks.example.org/x?access_token={long}", long),
                (f"github_pat_{long}{long}", long),
                (f"private_token={long[:20]}", long[:20]),
                (f'"password" : "{word}"', word),
                (f"Passwort: {word}", word),
                (f"用户名 boss 密码 {word}", word),
                (key.replace("RSA PRIVATE", "ENCRYPTED PRIVATE"), key.split("\n")[1]),
            ],
        )[part]
        found += lines
    return found


SPOKEN = (
    "The password is needed for the grid certificate.",
    "Enter your password: it is not shown.",
    "Set password = getpass.getpass() before you log in.",
    "The token bucket holds 100 tokens: each costs one call.",
    "password: <your password>",
    "export TOKEN=$MY_TOKEN",
    "api_key = os.environ['API_KEY']",
    "The secret of a good fit is the seed.",
    "passwords are changed every year",
    "token: string, required",
    "PASSWORD=********",
    "Access key points of the talk: trigger, tracking, timing.",
    "See https://indico.example.org/event/4711/ for the slides.",
    "The key idea: a larger seed. The B0 -> J/psi K decay at 3.773 GeV in run 10345.",
    "Credentials are kept in ~/.globus/usercert.pem on lxplus.",
    "the passcode is required",
    "密码请向管理员索取。",
)

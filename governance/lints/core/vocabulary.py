"""Words that several lints look for: sensitive matters, other people, pressure."""

import re

SENSITIVE = re.compile(
    r"\b(?:pregnan\w*|depress\w*|anxi\w+|cancer|chemo\w*|diabet\w*|illness\w*|"
    r"diseases?|disab\w+|hiv|dementia|epilep\w+|autis\w+|wheelchair\w*|"
    r"hearing aids?|incontinen\w*|mental health|weight[ -]loss|overweight|obes\w+|"
    r"fertility|miscarr\w+|abortion\w*|menopaus\w*|medication\w*|therap(?:y|ies)|"
    r"religio\w*|muslims?|islam\w*|jewish|jews?|judais\w*|christians?|hindus?|"
    r"buddhis\w+|halal|kosher|ramadan|"
    r"gay|lesbian\w*|bisexual\w*|transgender|lgbt\w*|sexual\w*|pride flags?|"
    r"politic\w*|party members?|trade unions?|union members?|ethnic\w*|"
    r"debts?|bankrupt\w*|bad credit|payday|insolven\w*|in arrears|"
    r"addict\w*|gambl\w+|betting|alcoholi\w+|drinking problems?|drug use\w*|"
    r"bereave\w*|funerals?|grie(?:f|ving)|widow\w*|divorc\w*|asylum|refugees?|"
    r"criminal records?)\b",
    re.IGNORECASE,
)
RELATIONS = (
    r"(?:wife|husband|partner|spouse|son|daughter|child(?:ren)?|kids?|baby|mother|"
    r"father|mum|mom|dad|parents?|grand(?:mother|father|parents?|child(?:ren)?)|"
    r"brother|sister|friends?|family|household|neighbou?rs?|boyfriend|girlfriend|"
    r"flatmates?|room-?mates?)"
)
URGENCY = re.compile(
    r"\b(?:hurry|be (?:quick|fast)|act (?:now|fast)|buy now|order now|now or never|"
    r"last chance|last (?:few )?(?:hours?|minutes?|days?)|final (?:call|hours?|days?)|"
    r"don['’]?t (?:miss|wait|delay)|do not (?:miss|wait|delay)|miss(?:ing)? out|"
    r"before it['’]?s? (?:is )?(?:too late|gone)|(?:will|may) (?:soon )?be gone|"
    r"before (?:they|others|someone)\b|"
    r"(?:ends?|expir(?:es?|ing)|closes?) (?:soon|today|tonight|tomorrow|in)|"
    r"(?:about|going) to (?:expire|end|sell out|run out)|running out|"
    r"limited (?:time|stock|offer)|"
    r"(?:stocks?|supplies) (?:is|are|run(?:ning)?) low|"
    r"while (?:stocks?|supplies) lasts?|today only|only today|"
    r"only \d+ (?:left|remain\w*)|(?:almost|nearly) (?:gone|sold out)|"
    r"sell(?:s|ing) (?:out )?fast|going fast|in high demand|"
    r"(?:people|others|customers) (?:are|have) (?:looking|viewing|watching|bought))\b",
    re.IGNORECASE,
)
PERSUASION = re.compile(
    r"\byou (?:need|deserve|must have|will love|can['’]t (?:miss|resist))\b|"
    r"\b(?:grab|snap up|treat yourself|get yours|buy it|buy more|shop now)\b",
    re.IGNORECASE,
)
SEEN = (
    r"(?:look(?:ed|ing) (?:at|for)|view(?:ed|ing)|search(?:ed|ing) for|brows(?:ed|ing)|"
    r"watch(?:ed|ing)|click(?:ed|ing)|open(?:ed|ing)|visit(?:ed|ing)|"
    r"scroll(?:ed|ing)|abandon(?:ed|ing))"
)

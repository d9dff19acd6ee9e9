"""What RFC 5545, 5546, 7986, 9073, 9074 and 9253 allow: names, how often, values. Tables only; no rule is run here."""

from __future__ import annotations

import re


def words(text: str) -> set[str]:
    return set(text.split())


def times(text: str) -> dict[str, tuple[int, int]]:
    """{name: (least, most)} of `NAME` (at most once), `NAME!` (exactly once) and `NAME*` (any number)."""
    often = {"!": (1, 1), "*": (0, 10**6)}
    return {name.rstrip("!*"): often.get(name[-1], (0, 1)) for name in text.split()}


TEXT_PROPS = words(
    "SUMMARY DESCRIPTION LOCATION COMMENT CONTACT NAME UID TZID TZNAME PRODID RELATED-TO X-WR-CALNAME X-WR-CALDESC "
    "X-WR-TIMEZONE LOCATION-TYPE PARTICIPANT-TYPE STYLED-DESCRIPTION"
)
LIST_TEXT_PROPS = words("CATEGORIES RESOURCES")
UTC_PROPS = words("DTSTAMP CREATED LAST-MODIFIED COMPLETED ACKNOWLEDGED TZUNTIL")
DATE_PROPS = words("DTSTART DTEND RECURRENCE-ID EXDATE RDATE DUE")
URI_PROPS = words("URL SOURCE CONFERENCE TZURL IMAGE ATTACH CALENDAR-ADDRESS LINK CONCEPT")
CAL_ADDRESS = words("ORGANIZER ATTENDEE CALENDAR-ADDRESS")

_OBSERVANCE = times("DTSTART! TZOFFSETFROM! TZOFFSETTO! RRULE RDATE* TZNAME* COMMENT*")
#: component -> property -> (least, most)
COMP = {
    "VCALENDAR": times(
        "VERSION! PRODID! CALSCALE METHOD NAME* DESCRIPTION* UID URL CATEGORIES* SOURCE COLOR IMAGE* CONCEPT* LINK* "
        "REFID* LAST-MODIFIED REFRESH-INTERVAL RELATED-TO*"
    ),
    "VEVENT": times(
        "UID! DTSTAMP! DTSTART DTEND DURATION CLASS CREATED DESCRIPTION GEO LOCATION ORGANIZER PRIORITY SEQUENCE "
        "STATUS SUMMARY TRANSP URL RRULE COLOR ATTACH* ATTENDEE* CATEGORIES* COMMENT* CONTACT* EXDATE* RDATE* "
        "RESOURCES* IMAGE* CONFERENCE* CONCEPT* LINK* REFID* LAST-MODIFIED RECURRENCE-ID REQUEST-STATUS* RELATED-TO* "
        "STYLED-DESCRIPTION* STRUCTURED-DATA*"
    ),
    "VALARM": times(
        "ACTION! TRIGGER! DESCRIPTION SUMMARY DURATION REPEAT UID ACKNOWLEDGED PROXIMITY ATTACH* ATTENDEE* RELATED-TO*"
    ),
    "VTIMEZONE": times("TZID! TZURL TZUNTIL LAST-MODIFIED TZID-ALIAS-OF*"),
    "STANDARD": _OBSERVANCE,
    "DAYLIGHT": _OBSERVANCE,
    "VLOCATION": times("UID! NAME DESCRIPTION GEO URL IMAGE* LOCATION-TYPE STRUCTURED-DATA*"),
    "PARTICIPANT": times(
        "UID! NAME DESCRIPTION GEO URL IMAGE* SUMMARY PRIORITY STATUS DTSTAMP PARTICIPANT-TYPE! CALENDAR-ADDRESS "
        "STRUCTURED-DATA* STYLED-DESCRIPTION* LAST-MODIFIED LOCATION*"
    ),
    "VRESOURCE": times("UID! NAME DESCRIPTION GEO IMAGE* RESOURCE-TYPE STRUCTURED-DATA*"),
}
_PLACED = words("VLOCATION PARTICIPANT VRESOURCE")
NEST = {
    "VCALENDAR": words("VEVENT VTODO VJOURNAL VFREEBUSY VTIMEZONE VAVAILABILITY"),
    "VEVENT": {"VALARM", *_PLACED},
    "VTODO": {"VALARM", *_PLACED},
    "VJOURNAL": _PLACED,
    "VFREEBUSY": _PLACED,
    "VTIMEZONE": words("STANDARD DAYLIGHT"),
    "VALARM": words("VLOCATION"),
    "PARTICIPANT": words("VLOCATION VRESOURCE"),
    "VAVAILABILITY": words("AVAILABLE"),
}
PARAMS = words(
    "ALTREP CN CUTYPE DELEGATED-FROM DELEGATED-TO DIR ENCODING FMTTYPE FBTYPE LANGUAGE MEMBER PARTSTAT RANGE RELATED "
    "RELTYPE ROLE RSVP SENT-BY TZID VALUE DISPLAY EMAIL FEATURE LABEL SCHEDULE-AGENT SCHEDULE-STATUS "
    "SCHEDULE-FORCE-SEND ORDER SCHEMA DERIVED GAP LINKREL FILENAME SIZE MANAGED-ID"
)
X_KNOWN = re.compile(
    r"X-(WR-(CALNAME|CALDESC|TIMEZONE|RELCALID)|PUBLISHED-TTL|ALT-DESC|LIC-LOCATION|APPLE-[A-Z-]+|"
    r"MICROSOFT-[A-Z-]+|MS-OLK-[A-Z-]+|GOOGLE-CONFERENCE|MOZ-[A-Z-]+)$"
)
ENUM_PARAM = {
    "PARTSTAT": words("NEEDS-ACTION ACCEPTED DECLINED TENTATIVE DELEGATED"),
    "ROLE": words("CHAIR REQ-PARTICIPANT OPT-PARTICIPANT NON-PARTICIPANT"),
    "CUTYPE": words("INDIVIDUAL GROUP RESOURCE ROOM UNKNOWN"),
    "RSVP": words("TRUE FALSE"),
    "RANGE": words("THISANDFUTURE"),
    "RELATED": words("START END"),
    "FEATURE": words("AUDIO CHAT FEED MODERATOR PHONE SCREEN VIDEO"),
    "DISPLAY": words("BADGE GRAPHIC FULLSIZE THUMBNAIL"),
    "VALUE": words(
        "BINARY BOOLEAN CAL-ADDRESS DATE DATE-TIME DURATION FLOAT INTEGER PERIOD RECUR TEXT TIME URI UTC-OFFSET "
        "XML-REFERENCE UID"
    ),
}
ENUM_PROP = {
    "STATUS": words("TENTATIVE CONFIRMED CANCELLED"),
    "TRANSP": words("OPAQUE TRANSPARENT"),
    "CLASS": words("PUBLIC PRIVATE CONFIDENTIAL"),
    "ACTION": words("AUDIO DISPLAY EMAIL"),
    "CALSCALE": words("GREGORIAN"),
    "VERSION": words("2.0"),
    "METHOD": words("PUBLISH REQUEST REPLY ADD CANCEL REFRESH COUNTER DECLINECOUNTER"),
}
VALUE_REQUIRED = {
    "CONFERENCE": words("URI"),
    "REFRESH-INTERVAL": words("DURATION"),
    "IMAGE": words("URI BINARY"),
    "SOURCE": words("URI"),
    "STRUCTURED-DATA": words("TEXT BINARY URI"),
}
CSS3 = words("""aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod
darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray
lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid
mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream
mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen
paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple red rosybrown royalblue saddlebrown
salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan
teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen""")
DUR = re.compile(r"^[+-]?P(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?)$")
URI = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s\"<>\\^`{|}]+$")

from datetime import date

from django.db import migrations

# The reading that came with the product is of autumn 2026; its first day counts.
READ_ON = date(2026, 9, 1)
FIRST = (
    (
        "uk-gdpr-5",
        "UK GDPR, Article 5",
        "as amended by the Data (Use and Access) Act 2025",
        "in_force",
        "Data is used lawfully, fairly and openly, for named purposes, no more of it and "
        "no longer than needed, kept right and safe; and we can show it.",
        "Purposes and elements stand in the data map, each with its time to live.",
    ),
    (
        "uk-gdpr-6-7",
        "UK GDPR, Articles 6 and 7; EDPB Guidelines 05/2020",
        "guidelines of May 2020",
        "in_force",
        "Consent is free, specific, informed and clear, as easy to take back as to give, "
        "and can be shown.",
        "The ledger keeps the exact words; a no takes one press like a yes.",
    ),
    (
        "legitimate-interests",
        "ICO, legitimate interests; EDPB Guidelines 1/2024",
        "EDPB version for consultation, October 2024",
        "draft",
        "Purpose, necessity and balance are weighed and written down before the use.",
        "A use case on this basis needs its assessment before anything is served.",
    ),
    (
        "duaa-recognised",
        "Data (Use and Access) Act 2025, recognised legitimate interests",
        "Act of 2025",
        "in_force",
        "Five listed interests need no balancing: security, emergencies, crime, "
        "safeguarding and requests of public bodies.",
        "None of them is offered as a basis for personalising.",
    ),
    (
        "uk-gdpr-13-15",
        "UK GDPR, Articles 13 to 15; CJEU C-203/22",
        "judgment of February 2025",
        "in_force",
        "People are told in plain words how a decision about them was really made.",
        "Every decision keeps its explanation in three layers.",
    ),
    (
        "uk-gdpr-17-20",
        "UK GDPR, Articles 17 and 20",
        "as in force",
        "in_force",
        "People may have data erased, and may take along what they gave.",
        "Erasure goes through every table; a file to take elsewhere is one press.",
    ),
    (
        "uk-gdpr-21",
        "UK GDPR, Article 21(2) and (3)",
        "as in force",
        "in_force",
        "An objection to direct marketing, profiling for it included, is never refused.",
        "It holds from the next decision and outlives erasure as a keyed hash.",
    ),
    (
        "uk-gdpr-22a-d",
        "UK GDPR, Articles 22A to 22D",
        "in force since 5 February 2026",
        "in_force",
        "Decisions with legal or similar effect that no person truly takes need "
        "safeguards: information, a say, a person, a way to contest.",
        "Each use case is classified; what cannot be told gets the safeguards.",
    ),
    (
        "ico-adm",
        "ICO, guidance on automated decision-making",
        "draft of 31 March 2026, consultation ended 29 May 2026",
        "draft",
        "Applying a rule that a person set is no decision; evaluating a person is one. "
        "A token review does not count.",
        "Classes are computed, with reasons, and cannot be lowered by hand.",
    ),
    (
        "eu-22-wp251",
        "EU GDPR, Article 22; WP251; EDPB 08/2020",
        "as in force",
        "in_force",
        "Targeting may affect people like a legal decision, by its intrusiveness or by "
        "what it knows of their weakness.",
        "Triggers for price, exclusion, children and special data raise the tier.",
    ),
    (
        "dpia",
        "ICO list of processing that needs a DPIA; WP248; Article 35(11)",
        "as in force",
        "in_force",
        "Profiling on a large scale and AI with another risk need an assessment, renewed "
        "when the risk changes.",
        "Screening is computed from what is declared and may only be raised.",
    ),
    (
        "pecr-6",
        "PECR, regulation 6 and Schedule A1; ICO guidance on storage and access",
        "guidance of 29 April 2026",
        "in_force",
        "Reading or writing on a device needs consent, with five narrow exceptions; "
        "advertising is none of them.",
        "Without it a visitor gets what everybody gets, and no identifier.",
    ),
    (
        "pecr-22",
        "PECR, regulation 22",
        "fines as under UK GDPR since 2025",
        "in_force",
        "Marketing by e-mail or text needs consent, or own customers, similar products "
        "and a way out each time.",
        "The soft opt-in needs its evidence and never covers prospects.",
    ),
    (
        "complaints-duty",
        "Data (Use and Access) Act 2025, complaints",
        "in force since 19 June 2026",
        "in_force",
        "There is a way to complain; receipt is acknowledged within 30 days, the outcome "
        "told.",
        "Complaints stand on the customer’s own page, with their clock.",
    ),
    (
        "children",
        "ICO, Children’s code, standard 12",
        "as in force",
        "in_force",
        "Profiling that a service does not need is off for children.",
        "Whoever is or may be under age sees what everybody sees.",
    ),
    (
        "special-category",
        "UK GDPR, Article 9; CJEU C-184/20; ICO on Easylife",
        "judgment of August 2022; notice of October 2022",
        "in_force",
        "Data from which something sensitive can be worked out counts as sensitive.",
        "Elements and topics that give something away are marked and held back.",
    ),
    (
        "price",
        "Directive (EU) 2019/2161",
        "as in force",
        "in_force",
        "People are told when a price was made for them by an automated decision.",
        "An amount that differs by person raises the tier and needs its label.",
    ),
    (
        "ai-act-50",
        "Regulation (EU) 2024/1689, Articles 5 and 50",
        "Article 50 from 2 August 2026",
        "in_force",
        "People are told when they talk to an AI; manipulation is forbidden.",
        "Content made by AI carries its mark; lints on manipulation block.",
    ),
    (
        "edpb-deceptive",
        "EDPB Guidelines 03/2022",
        "version 2.0, February 2023",
        "in_force",
        "Interfaces do not overload, skip, stir, obstruct, waver or leave in the dark.",
        "Sixteen checks run over the customer’s own pages in a browser.",
    ),
    (
        "ico-explaining",
        "ICO and Alan Turing Institute, Explaining decisions made with AI",
        "as published",
        "in_force",
        "Six kinds of explanation, for the process and for the outcome.",
        "A decision’s explanation has a place for each of the six.",
    ),
    (
        "ico-fairness",
        "ICO, AI and data protection, fairness and Annex A",
        "as published",
        "in_force",
        "Fairness is more than a number and is looked at over the whole life.",
        "Groups are compared before launch and every month after.",
    ),
    (
        "iso-42001",
        "ISO/IEC 42001, Annex A",
        "2023",
        "in_force",
        "Controls for impact, life cycle, data, information and use of AI systems.",
        "Evidence can be exported by control; certification is not claimed.",
    ),
    (
        "nist-ai-rmf",
        "NIST AI Risk Management Framework",
        "1.0, January 2023",
        "in_force",
        "Govern, map, measure, manage; a system can be switched off.",
        "Anybody in a stop role stops a use case at once.",
    ),
    (
        "gpc",
        "W3C Global Privacy Control",
        "draft of the Privacy Working Group",
        "draft",
        "A browser’s signal not to sell or share; its only value is 1.",
        "It ends sharing across contexts and outranks older grants.",
    ),
    (
        "iab-tcf",
        "IAB Europe, Transparency and Consent Framework",
        "2.2",
        "in_force",
        "Eleven purposes; purposes 3 to 6 by consent only.",
        "Purposes can be mapped; the product is no consent platform.",
    ),
    (
        "rfc-8058",
        "RFC 8058; rules of Gmail and Yahoo for bulk senders",
        "January 2017; February 2024",
        "in_force",
        "Unsubscribing is one request without sign-in, honoured within two days; spam "
        "complaints stay under 0.3 %.",
        "The link needs no session, a look changes nothing, the effect is immediate.",
    ),
    (
        "model-cards",
        "Model cards; datasheets for datasets",
        "arXiv 1810.03993 and 1803.09010",
        "in_force",
        "Models and data sets come with intended use, figures and caveats.",
        "Each score shows its report; each element its terms.",
    ),
)


def seed(apps, editor):
    reference = apps.get_model("governance", "RegulatoryReference")
    names = ("key", "source", "version", "status", "says", "consequence")
    for row in FIRST:
        told = dict(zip(names, row, strict=True))
        reference.objects.using(editor.connection.alias).get_or_create(
            key=told.pop("key"), defaults={**told, "checked_on": READ_ON}
        )


class Migration(migrations.Migration):
    dependencies = [("governance", "0008_regulatory_references")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
